"""Review of team names before they are public."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.desks.assignments import assignments_at
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.desks import team_desk
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from campaigns.teams.models import TeamKind
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/teams", endpoint="teams")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
def list_teams() -> str:
    """List the teams of the manager's branch in a state; with the waiting ones, the labels of gifts that are not
    yet a team."""
    page = requested_page(PAGE_SIZE)
    state = request.args.get("state", "")
    state = state if state in team_desk.STATES else "waiting"
    with deps().db.transaction() as tx:
        rows, total = team_desk.listed(tx, state, scope.branch(), page)
        assigned = assignments_at(tx, "team", (row.id for row in rows))
        labels = team_desk.labels(tx, scope.branch()) if state == "waiting" else []
    shown = {
        "rows": rows,
        "total": total,
        "page": page,
        "assigned": assigned,
        "state": state,
        "states": team_desk.STATES,
    }
    return render_template("console/teams.html", labels=labels, **shown)


@blueprint.post("/teams/<int:team_id>", endpoint="decide_team")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def decide(team_id: int) -> Response:
    """Approve or refuse a team."""
    approved = request.form.get("decision") == "approve"
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> None:
        if approved:
            team_desk.approve(tx, team_id, caller.name)
        else:
            team_desk.refuse(tx, team_id, reason, caller.name)

    done = _("队名已公开。") if approved else _("队名已撤下。")
    return act(Permission.CAMPAIGNS_WRITE, url_for("console.teams"), do, done)


@blueprint.post("/c/<slug>/team-labels", endpoint="approve_team_label")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def approve_label(slug: str) -> Response:
    """Create a team from a label that gifts carry."""
    label = request.form.get("label", "")[:200]

    def do(tx: Tx, caller: Caller) -> None:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        team_desk.approve_label(tx, campaign.id, label, TeamKind.FRIENDS, caller.name)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.teams"), do, _("队名已公开。"))
