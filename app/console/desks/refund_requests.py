"""Donors' requests for refunds, which a manager accepts or declines."""

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.desks.assignments import assignments_at
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.desks import refund_desk
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/refund-requests", endpoint="refund_requests")
@access.signed_in(Permission.DONATIONS_REFUND, where=Where.LISTED)
def list_requests() -> str:
    """List the requests of the manager's branch, open ones first."""
    page, state = requested_page(PAGE_SIZE), request.args.get("state", "")
    state = state if state in refund_desk.REQUEST_STATES else ""
    with deps().db.transaction() as tx:
        rows, total = refund_desk.listed(tx, deps().keys, state or None, g.caller.branch_code, page)
        assigned = assignments_at(tx, "refund_request", (row.id for row in rows))
        views = views_at(tx, "refund_requests", {"state": state})
    shown = {"rows": rows, "total": total, "page": page, "views": views, "assigned": assigned}
    return render_template("console/refund_requests.html", state=state, states=refund_desk.REQUEST_STATES, **shown)


@blueprint.post("/refund-requests/<int:request_id>", endpoint="decide_refund_request")
@access.signed_in_to_act(Permission.DONATIONS_REFUND)
def decide(request_id: int) -> Response:
    """Accept or decline a request."""
    accepted = request.form.get("decision") == "accept"
    reply = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> str | None:
        if accepted:
            return said_of(perform(tx, "refund_request.accept", request_id, reply))
        refund_desk.decline(tx, request_id, reply, caller.name)
        return None

    done = _("已同意，退款已提交。") if accepted else _("已回复捐赠人：未同意。")
    return act(Permission.DONATIONS_REFUND, url_for("console.refund_requests"), do, done)
