"""Pots of match money: a campaign's, one pot with its rules and money, and the donations it matched."""

from typing import Any

from flask import render_template, request

from app.console.blueprint import blueprint
from app.console.choices import projects as project_choices
from app.console.pots import queries
from app.current import deps
from app.http import access
from app.web.queries import names
from campaigns.funds.funds import find as find_fund
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.network.roles import Permission
from kernel.db import Tx
from matching.pot_state import PotState
from matching.reveal import public_draw


@blueprint.get("/pots/<int:pot_id>", endpoint="pot")
@access.signed_in(Permission.READ)
def one(pot_id: int) -> str:
    """One pot: what it holds, its rules past, present and coming, its money, and what cut its match."""
    with deps().db.transaction() as tx:
        shown = head(tx, pot_id)
        state: PotState = shown["state"]
        shown["versions"] = versions(tx, state)
        shown["money"] = queries.funding(tx, state.campaign_id).get(state.pot_id, [])
        shown["acts"] = queries.acts(tx, state.pot_id)
        shown["cuts"], shown["asked"] = queries.cuts(tx, state.pot_id)
        shown["draw"] = public_draw(tx, state.pot_id)
        shown["places"] = places_of(tx, state)
        shown["named"] = named_projects(tx, state)
    return render_template("console/pot.html", looked_at=queries.LOOKED_AT, **shown)


@blueprint.get("/pots/<int:pot_id>/donations", endpoint="pot_donations")
@access.signed_in(Permission.READ)
def matched(pot_id: int) -> str:
    """The donations that this pot matched, newest first."""
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    with deps().db.transaction() as tx:
        shown = head(tx, pot_id)
        rows = queries.matched(tx, shown["pot"].id, before)
    more = len(rows) > queries.PAGE_SIZE
    rows = rows[: queries.PAGE_SIZE]
    older = rows[-1].id if more else None
    return render_template("console/pot_donations.html", rows=rows, before=before, older=older, **shown)


def head(tx: Tx, pot_id: int) -> dict[str, Any]:
    """What every page of a pot shows: the pot, its campaign and fund. Raises NotFound `pot_unknown`."""
    state, view = queries.pot(tx, pot_id)
    campaign = tx.get(Campaign, state.campaign_id)
    assert campaign is not None
    alive = campaign.phase in LIVING | {Phase.DRAFT}
    fund = find_fund(tx, state.fund_id)
    return {"state": state, "pot": view, "campaign": campaign, "fund": fund, "alive": alive, "now": tx.now}


def lock_of(tx: Tx, state: PotState) -> Campaign:
    """The pot's campaign, locked: what a form says that its reader saw cannot change any more."""
    return lock_campaign_by_id(tx, state.campaign_id)


def versions(tx: Tx, state: PotState) -> list[dict[str, Any]]:
    """The rules of a pot, the latest first: `stage` is coming, in_force or past."""
    current = state.version(tx.now)
    told = []
    for version in reversed(state.versions):
        coming = version.valid_from > tx.now
        stage = "coming" if coming else "in_force" if version == current else "past"
        told.append({"version": version, "rules": version.rules.as_json(), "stage": stage})
    return told


def places_of(tx: Tx, state: PotState) -> dict[str, str]:
    """The names of the organisations in any of a pot's rules, by code."""
    return names(tx, {code for version in state.versions for code in version.rules.scope.under})


def named_projects(tx: Tx, state: PotState) -> dict[int, str]:
    """The names of the projects in any of a pot's rules, by id."""
    ids = {one for version in state.versions for one in version.rules.scope.projects}
    return {int(one.value): one.name for one in project_choices(tx, ids)}
