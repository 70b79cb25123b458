"""The page of one pot with its rules and money, and the donations that it matched."""

from typing import Any

from flask import render_template, request

from app.console.blueprint import blueprint
from app.console.history import history_of
from app.current import deps
from app.forms import is_id
from app.http import access, scope
from app.http.scope import Where
from campaigns.disclosure.pot_details import RECENT_DECISIONS, cuts, fundings, matched_donations, pot_view
from campaigns.funds.funds import find as find_fund
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.network.roles import Permission
from campaigns.network.search import names
from campaigns.projects.names import project_names
from kernel.db import Tx
from matching.pot_state import PotState
from matching.reveal import public_draw
from matching.tranches import tranches

PAGE_SIZE = 50


@blueprint.get("/pots/<int:pot_id>", endpoint="pot")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show(pot_id: int) -> str:
    """Show a pot: its balances, its rules (past, present and coming), its money, and what cut its match."""
    with deps().db.transaction() as tx:
        shown = head(tx, pot_id)
        state: PotState = shown["state"]
        shown["versions"] = versions(tx, state)
        shown["money"] = fundings(tx, state.campaign_id).get(state.pot_id, [])
        shown["parts"] = tranches(tx, state.campaign_id).get(state.pot_id, [])
        shown["acts"] = history_of(tx, f"pot:{state.pot_id}")
        shown["cuts"], shown["times_asked"] = cuts(tx, state.pot_id)
        shown["draw"] = public_draw(tx, state.pot_id)
        shown["places"] = places_of(tx, state)
        shown["named"] = named_projects(tx, state)
    return render_template("console/pot.html", looked_at=RECENT_DECISIONS, **shown)


@blueprint.get("/pots/<int:pot_id>/donations", endpoint="pot_donations")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def list_donations(pot_id: int) -> str:
    """List the donations that the pot matched, newest first. A branch sees those to its own projects."""
    typed = request.args.get("before", "")
    before = int(typed) if is_id(typed) else None
    with deps().db.transaction() as tx:
        shown = head(tx, pot_id)
        rows = matched_donations(tx, shown["pot"].id, before, PAGE_SIZE + 1, scope.branch())
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    older = rows[-1].id if more else None
    return render_template("console/pot_donations.html", rows=rows, before=before, older=older, **shown)


def head(tx: Tx, pot_id: int) -> dict[str, Any]:
    """Return what every page of a pot shows, including its campaign and fund. Raises NotFound `pot_unknown`."""
    state, view = pot_view(tx, pot_id)
    campaign = tx.get(Campaign, state.campaign_id)
    assert campaign is not None
    alive = campaign.phase in LIVING | {Phase.DRAFT}
    fund = find_fund(tx, state.fund_id)
    return {"state": state, "pot": view, "campaign": campaign, "fund": fund, "alive": alive, "now": tx.now}


def lock_of(tx: Tx, state: PotState) -> Campaign:
    """Lock and return the pot's campaign, so that what the form showed cannot change any more."""
    return lock_campaign_by_id(tx, state.campaign_id)


def versions(tx: Tx, state: PotState) -> list[dict[str, Any]]:
    """Return the rules of a pot, latest first. `stage`: coming, in_force or past."""
    current = state.version(tx.now)
    shown = []
    for version in reversed(state.versions):
        coming = version.valid_from > tx.now
        stage = "coming" if coming else "in_force" if version == current else "past"
        shown.append({"version": version, "rules": version.rules.as_json(), "stage": stage})
    return shown


def places_of(tx: Tx, state: PotState) -> dict[str, str]:
    """Return the names of the organisations in any version of a pot's rules, by code."""
    return names(tx, {code for version in state.versions for code in version.rules.scope.under})


def named_projects(tx: Tx, state: PotState) -> dict[int, str]:
    """Return the names of the projects in any version of a pot's rules, by id."""
    ids = {id_ for version in state.versions for id_ in version.rules.scope.projects}
    return {project.id: project.name for project in project_names(tx, ids)}
