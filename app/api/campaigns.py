"""Campaigns: what the public reads, and how managers run them."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import blueprint, page_of
from app.api.campaign_schemas import (
    CampaignChange,
    CampaignIn,
    CampaignOut,
    EntryIn,
    ProjectQuery,
    StandingOut,
    StandingsQuery,
    TotalsOut,
)
from app.api.campaign_views import DURATIONS, listed, public, view
from app.api.project_schemas import ProjectRowOut
from app.current import deps
from app.http import access
from app.http.auth import optional_manager
from campaigns.closing.close import close as close_due
from campaigns.disclosure.catalogue import listed as list_projects
from campaigns.disclosure.standings import standings
from campaigns.disclosure.totals import totals
from campaigns.lifecycle import drafts, entries, transitions
from campaigns.lifecycle.drafts import NewCampaign
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.money import CURRENCY

blp = blueprint("campaigns", "Fundraising events.")


def _may_see_drafts(tx: Tx) -> bool:
    manager = optional_manager(tx)
    return manager is not None and manager.may(Permission.READ)


@blp.get("/campaigns")
@access.public
@blp.response(200, CampaignOut(many=True))
@blp.paginate()
def list_campaigns(pagination_parameters: PaginationParameters) -> Any:
    """Events, the newest first; with a manager's token drafts too."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        rows, asked.item_count = listed(tx, page_of(asked), drafts=_may_see_drafts(tx))
    return rows


@blp.get("/campaigns/<slug>")
@access.public
@blp.response(200, CampaignOut)
def show(slug: str) -> Any:
    """One event with its legal block, totals and pots."""
    with deps().db.transaction() as tx:
        return view(tx, public(tx, slug, drafts=_may_see_drafts(tx)))


@blp.get("/campaigns/<slug>/totals")
@access.public
@blp.response(200, TotalsOut)
def show_totals(slug: str) -> Any:
    """The totals alone, for polling."""
    with deps().db.transaction() as tx:
        campaign = public(tx, slug)
        assert campaign.id is not None
        return {**totals(tx, [campaign.id])[campaign.id]._asdict(), "currency": campaign.currency}


@blp.get("/campaigns/<slug>/projects")
@access.public
@blp.arguments(ProjectQuery, location="query")
@blp.response(200, ProjectRowOut(many=True))
@blp.paginate()
def projects(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """The projects that take part, with what each raised in this event."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug, drafts=_may_see_drafts(tx))
        rows, asked.item_count = list_projects(tx, campaign.id, page=page_of(asked), **query)
    return [{**row._asdict(), "currency": CURRENCY} for row in rows]


@blp.get("/campaigns/<slug>/standings")
@access.public
@blp.arguments(StandingsQuery, location="query")
@blp.response(200, StandingOut(many=True))
@blp.paginate()
def list_standings(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """Totals by county, township, village or team; the highest first."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug)
        assert campaign.id is not None
        rows, asked.item_count = standings(tx, campaign.id, query["by"], page_of(asked))
    first = asked.first_item + 1
    return [{**row._asdict(), "place": first + index, "currency": CURRENCY} for index, row in enumerate(rows)]


@blp.post("/campaigns")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.arguments(CampaignIn)
@blp.response(201, CampaignOut)
def create(given: dict[str, Any]) -> Any:
    """A new event in draft."""
    with deps().db.transaction() as tx:
        return view(tx, drafts.create(tx, _wanted(given), access.actor()))


def _wanted(given: dict[str, Any]) -> NewCampaign:
    return NewCampaign(
        **{name: given[name] for name in ("slug", "name", "host", "opens_at", "ends_at")},
        plan={name: value for name, value in given["plan"].items() if value is not None},
        windows=windows_of(given),
        **{**DURATIONS, **given.get("durations", {})},
    )


def windows_of(given: dict[str, Any]) -> list[dict[str, str]]:
    """Windows as they are stored: times in ISO 8601."""
    return [{name: moment.isoformat() for name, moment in one.items()} for one in given.get("windows", ())]


@blp.route("/campaigns/<slug>", methods=["PATCH"])
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.arguments(CampaignChange)
@blp.response(200, CampaignOut)
def change(given: dict[str, Any], slug: str) -> Any:
    """Change a draft: what is named is replaced, plan and durations field by field."""
    if "windows" in given:
        given["windows"] = windows_of(given)
    with deps().db.transaction() as tx:
        return view(tx, drafts.change(tx, slug, given, access.actor()))


@blp.post("/campaigns/<slug>/entries")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.arguments(EntryIn)
@blp.response(201, EntryIn)
def add_entry(given: dict[str, Any], slug: str) -> Any:
    """Let a project take part; again without effect."""
    with deps().db.transaction() as tx:
        entries.add_entry(tx, slug, given["project"], access.actor())
    return given


@blp.post("/campaigns/<slug>/schedule")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.response(200, CampaignOut)
def schedule(slug: str) -> Any:
    """The plan is complete: the event opens by itself."""
    with deps().db.transaction() as tx:
        return view(tx, transitions.schedule(tx, slug, access.actor()))


@blp.post("/campaigns/<slug>/cancel")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.response(200, CampaignOut)
def cancel(slug: str) -> Any:
    """Call the event off before its end."""
    with deps().db.transaction() as tx:
        return view(tx, transitions.cancel(tx, slug, access.actor()))


@blp.post("/campaigns/<slug>/close")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blp.response(200, CampaignOut)
def close(slug: str) -> Any:
    """Take the steps of the closing that are due now, without waiting for the scheduler."""
    with deps().db.transaction() as tx:
        phase = public(tx, slug, drafts=True).phase
    if not close_due(deps(), slug):
        raise Conflict("nothing_due", phase=phase)
    with deps().db.transaction() as tx:
        return view(tx, public(tx, slug, drafts=True))
