"""Objections to published results, which are replied to before the match is disbursed, and complaints."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.desks.assignments import assignments_at
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.closing.publication.objections import MOST_REPLY, listed, reply_to
from campaigns.network.roles import Permission

PAGE_SIZE = 50


@blueprint.get("/objections", endpoint="objections")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
def list_objections() -> str:
    """List the objections and complaints of campaigns of the manager's branch, unanswered ones first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = listed(tx, deps().keys, scope.branch(), page)
        assigned = assignments_at(tx, "objection", (row.id for row in rows))
    shown = {"rows": rows, "total": total, "page": page, "assigned": assigned}
    return render_template("console/objections.html", most=MOST_REPLY, **shown)


@blueprint.post("/objections/<int:objection_id>", endpoint="objection_reply")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def reply(objection_id: int) -> Response:
    """Reply to an objection or a complaint. The summary and the reply of an objection are published."""
    summary, words = (request.form.get(name, "").replace("\x00", "") for name in ("summary", "reply"))
    return act(
        Permission.CAMPAIGNS_WRITE,
        url_for("console.objections"),
        lambda tx, caller: reply_to(tx, objection_id, summary, words, caller.name) and None,
        _("已记下。") if not summary else _("已答复并公布。"),
    )
