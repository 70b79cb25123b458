"""The calendar of legal duties."""

from datetime import date

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.forms import Form
from app.http import access, scope
from app.http.scope import Where
from campaigns.agreements.agreements import ending
from campaigns.agreements.pledges import waiting_pledges
from campaigns.duties.calendar import State, calendar, mark_done
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid, fault


@blueprint.get("/duties", endpoint="duties")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_duties() -> str:
    """List the duties: due, overdue and done."""
    with deps().db.transaction() as tx:
        lines = calendar(tx, scope.branch())
        promised = {"pledges": waiting_pledges(tx, scope.branch()), "ends": ending(tx, scope.branch())}
    waiting = [line for line in lines if line.state is not State.DONE]
    done = [line for line in reversed(lines) if line.state is State.DONE]
    return render_template("console/duties.html", waiting=waiting, done=done, **promised)


@blueprint.post("/duties/done", endpoint="duty_done")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.FEDERATION)
def done_by_federation() -> Response:
    """Record a duty that the federation has done."""
    return _done(None)


@blueprint.post("/campaigns/<slug>/duties", endpoint="duty_done_campaign")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def done_for_campaign(slug: str) -> Response:
    """Record a duty that has been done for a campaign."""
    return _done(slug)


def _done(slug: str | None) -> Response:
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        mark_done(tx, slug, form["task"], _day(form["due_on"]), form["note"], form["url"], caller.name)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.duties"), do, _("已登记。"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("duty_invalid", fields={"due_on": fault("not_a_date")}) from None
