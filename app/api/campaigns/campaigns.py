"""Campaigns, as the public reads them and managers run them."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
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
from app.api.projects.project_schemas import ProjectPageOut, ProjectRowOut
from app.current import deps
from app.http import access, scope
from app.http.auth import optional_manager
from app.http.reduced import require_full
from app.http.scope import Where
from app.shared_pages.declare import shared
from campaigns import holders, rights
from campaigns.closing.close import close as close_due
from campaigns.disclosure import catalogue
from campaigns.disclosure.campaigns import entry
from campaigns.disclosure.pictures import covers
from campaigns.disclosure.project_page import project_page
from campaigns.disclosure.standings import standings
from campaigns.disclosure.totals import totals
from campaigns.lifecycle import drafts, entries, transitions
from campaigns.lifecycle.drafts import NewCampaign
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.money import CURRENCY

blueprint = make_blueprint("campaigns", "Fundraising campaigns.")


def _may_see_drafts(tx: Tx, slug: str) -> bool:
    """Return whether the caller is a manager whose branch holds the campaign."""
    manager = _manager(tx)
    return manager is not None and rights.may_act(manager, holders.holder_of(tx, "slug", slug))


def _manager(tx: Tx) -> Caller | None:
    manager = optional_manager(tx)
    return rights.widened(tx, manager) if manager is not None and manager.may(Permission.READ) else None


@blueprint.get("/campaigns")
@access.public
@blueprint.response(200, CampaignOut(many=True))
@blueprint.paginate()
def list_campaigns(pagination_parameters: PaginationParameters) -> Any:
    """List campaigns, newest first. With a manager's token the list includes drafts."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = listed(tx, page_of(paging), manager=_manager(tx))
    return rows


@blueprint.get("/campaigns/<slug>")
@access.public
@blueprint.response(200, CampaignOut)
def show(slug: str) -> Any:
    """Return a campaign with its legal block, totals and pots."""
    with deps().db.transaction() as tx:
        return view(tx, public(tx, slug, drafts=_may_see_drafts(tx, slug)))


@blueprint.get("/campaigns/<slug>/totals")
@access.public
@shared(speaks=False)
@blueprint.response(200, TotalsOut)
def show_totals(slug: str) -> Any:
    """Return only the totals, for polling."""
    with deps().db.transaction() as tx:
        campaign = public(tx, slug)
        assert campaign.id is not None
        return {**totals(tx, [campaign.id])[campaign.id]._asdict(), "currency": campaign.currency}


@blueprint.get("/campaigns/<slug>/projects")
@access.public
@blueprint.arguments(ProjectQuery, location="query")
@blueprint.response(200, ProjectRowOut(many=True))
@blueprint.paginate()
def projects(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """List the participating projects with the amount that each raised in this campaign."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug, drafts=_may_see_drafts(tx, slug))
        rows, paging.item_count = catalogue.listed(
            tx, catalogue.ProjectQuery(campaign.id, **query), page_of(paging)
        )
        shown = covers(tx, [row.id for row in rows])
    return [{**row._asdict(), "picture": shown.get(row.id), "currency": CURRENCY} for row in rows]


@blueprint.get("/campaigns/<slug>/projects/<id:project_id>")
@access.public
@blueprint.response(200, ProjectPageOut)
def project(slug: str, project_id: int) -> Any:
    """Return a participating project: the content of its page, and the amount that it raised in this campaign."""
    with deps().db.transaction() as tx:
        campaign = public(tx, slug, drafts=_may_see_drafts(tx, slug))
        assert campaign.id is not None
        row, page = entry(tx, campaign.id, project_id), project_page(tx, project_id)
    cover = page.pictures[0] if page.pictures else None
    return {**row._asdict(), **page._asdict(), "picture": cover, "currency": CURRENCY}


@blueprint.get("/campaigns/<slug>/standings")
@access.public
@shared("by", "page", "page_size", speaks=False)
@blueprint.arguments(StandingsQuery, location="query")
@blueprint.response(200, StandingOut(many=True))
@blueprint.paginate()
def list_standings(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """Rank counties, townships, villages or teams by their totals, highest first. Unavailable in reduced mode."""
    require_full()
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug)
        assert campaign.id is not None
        rows, paging.item_count = standings(tx, campaign.id, query["by"], page_of(paging))
    first = paging.first_item + 1
    return [{**row._asdict(), "place": first + index, "currency": CURRENCY} for index, row in enumerate(rows)]


@blueprint.post("/campaigns")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.NAMED)
@blueprint.arguments(CampaignIn)
@blueprint.response(201, CampaignOut)
def create(body: dict[str, Any]) -> Any:
    """Create a draft of a campaign."""
    with deps().db.transaction() as tx:
        scope.require_node(tx, body["host"])
        return view(tx, drafts.create(tx, _new_campaign(body), access.actor()))


def _new_campaign(body: dict[str, Any]) -> NewCampaign:
    return NewCampaign(
        **{name: body[name] for name in ("slug", "name", "host", "opens_at", "ends_at")},
        plan={name: value for name, value in body["plan"].items() if value is not None},
        windows=windows_of(body),
        emergency=body.get("emergency", False),
        **{**DURATIONS, **body.get("durations", {})},
    )


def windows_of(body: dict[str, Any]) -> list[dict[str, str]]:
    """Return windows in the form in which they are stored, with times in ISO 8601."""
    return [{name: moment.isoformat() for name, moment in window.items()} for window in body.get("windows", ())]


@blueprint.route("/campaigns/<slug>", methods=["PATCH"])
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(CampaignChange)
@blueprint.response(200, CampaignOut)
def change(body: dict[str, Any], slug: str) -> Any:
    """Change a draft. Named fields are replaced; plan and durations are replaced field by field."""
    if "windows" in body:
        body["windows"] = windows_of(body)
    with deps().db.transaction() as tx:
        return view(tx, drafts.change(tx, slug, body, access.actor()))


@blueprint.post("/campaigns/<slug>/entries")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(EntryIn)
@blueprint.response(201, EntryIn)
def add_entry(body: dict[str, Any], slug: str) -> Any:
    """Add a project to the campaign. Idempotent."""
    with deps().db.transaction() as tx:
        scope.require_named(tx, "project_id", body["project"])
        entries.add_entry(tx, slug, body["project"], access.actor())
    return body


@blueprint.post("/campaigns/<slug>/schedule")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.response(200, CampaignOut)
def schedule(slug: str) -> Any:
    """Schedule a campaign whose plan is complete. It opens automatically."""
    with deps().db.transaction() as tx:
        return view(tx, transitions.schedule(tx, slug, access.actor()))


@blueprint.post("/campaigns/<slug>/close")
@access.managers(Permission.CAMPAIGNS_WRITE, own_transactions=True)
@blueprint.response(200, CampaignOut)
def close(slug: str) -> Any:
    """Run the due closing steps now instead of waiting for the scheduler."""
    with deps().db.transaction() as tx:
        phase = public(tx, slug, drafts=True).phase
    if not close_due(deps(), slug):
        raise Conflict("nothing_due", phase=phase)
    with deps().db.transaction() as tx:
        return view(tx, public(tx, slug, drafts=True))
