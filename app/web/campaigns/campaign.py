"""Pages of one campaign: overview, projects, standings and the big screen."""

from typing import NamedTuple

from flask import Response, render_template, request

from app.http import access
from app.http.made_once import packed
from app.http.reduced import require_full
from app.i18n.awards import award_rule
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_content, read_once
from app.web.blueprint import blueprint, requested_page
from app.web.campaigns.awards import shown_awards
from app.web.campaigns.campaign_reads import shown_campaign, shown_project
from app.web.campaigns.people import MOST_LATELY, MOST_ON_SCREEN, gifts_lately, people_of_project
from app.web.outlook import next_change, outlook
from app.web.worth import worth
from campaigns.disclosure.campaigns import CampaignView, County, counties, themes_of
from campaigns.disclosure.catalogue import MOST_QUERY, SORTS, ProjectQuery, ProjectRow, listed
from campaigns.disclosure.pictures import Picture, covers, newest_letter
from campaigns.disclosure.project_page import project_page
from campaigns.disclosure.standings import BY, standings
from campaigns.disclosure.suggestions import Place, similar_places
from campaigns.projects.targets import targets
from campaigns.projects.themes import THEMES
from kernel.db import Tx
from kernel.paging import Page
from kernel.text import clean_text
from matching.rules import Target

PAGE_SIZE = 20
STANDINGS_SIZE = 50


class Listing(NamedTuple):
    """One page of a campaign's projects, and the options of the filters above it."""

    projects: list[ProjectRow]
    total: int
    page: Page
    targets: dict[int, Target]
    covers: dict[int, Picture]
    counties: list[County]
    themes: list[str]
    similar: list[Place]


@blueprint.get("/c/<slug>")
@access.public
@shared("page", "under", "sort", "theme", private=("q",))
def campaign(slug: str) -> str | Response:
    """Show what was raised, what the pots still hold, and the projects: searched, filtered, sorted and paged."""
    page = requested_page(PAGE_SIZE)
    search = _search()
    shown = shown_campaign(slug)
    listing = read_once(
        ("projects", slug, *search.values(), page), lambda tx: _listing(tx, shown.campaign, search, page)
    )
    html = render_template(
        "web/campaign.html",
        campaign=shown.campaign,
        pots=shown.pots,
        places=shown.places,
        listing=listing,
        match=outlook(shown.campaign, shown.pots),
        matches={
            project.id: outlook(shown.campaign, shown.serving(listing.targets[project.id]))
            for project in listing.projects
        },
        changes_at=next_change(shown.campaign, shown.pots),
        search=search,
        filters={name: value for name, value in search.items() if value},
        gifts=gifts_lately(slug, shown.campaign.id)[:MOST_LATELY],
        letter=read_content(("letter", slug), lambda tx: newest_letter(tx, shown.campaign.id)),
        awards=shown_awards(shown.campaign),
        award_rule=award_rule,
    )
    return packed(html) if "q" in search else html  # a search result is built for one visitor


def _search() -> dict[str, str]:
    """Return the filters and the sort order of the list. Unknown values are dropped, so that a link with a mistyped
    value shows all projects."""
    search = {name: clean_text(request.args.get(name, "")).strip() for name in ("q", "under", "sort", "theme")}
    known = {"sort": SORTS, "theme": THEMES}
    return {name: value[:MOST_QUERY] for name, value in search.items() if value in known.get(name, (value,))}


def _listing(tx: Tx, campaign: CampaignView, search: dict[str, str], page: Page) -> Listing:
    """Return the requested page, or the last one if it is out of range."""

    usual = "nearest" if campaign.running else "raised"
    query = ProjectQuery(campaign.id, **{**search, "sort": search.get("sort") or usual})
    rows, total = listed(tx, query, page)
    if total and not rows:
        page = Page(page.count(total), page.size)
        rows, total = listed(tx, query, page)
    ids = [row.id for row in rows]
    filters = counties(tx, campaign.id), themes_of(tx, campaign.id)
    similar = similar_places(tx, campaign.id, search["q"]) if search.get("q") and not total else []
    return Listing(rows, total, page, targets(tx, ids), covers(tx, ids), *filters, similar)


@blueprint.get("/c/<slug>/p/<int:project_id>")
@access.public
@shared()
def project(slug: str, project_id: int) -> str:
    """Show one project of a campaign."""
    shown = shown_campaign(slug)
    row, pots = shown_project(shown, project_id)
    page = read_content(("project", project_id), lambda tx: project_page(tx, project_id))
    matching = shown.campaign.running and shown.campaign.window_open
    return render_template(
        "web/project.html",
        campaign=shown.campaign,
        project=row,
        page=page,
        worth=worth(page, pots, matching=matching),
        pots=pots,
        places=shown.places,
        match=outlook(shown.campaign, pots),
        changes_at=next_change(shown.campaign, pots),
        people=people_of_project(shown.campaign.id, project_id),
    )


@blueprint.get("/c/<slug>/standings", endpoint="standings")
@access.public
@shared("by", "page")
def show_standings(slug: str) -> str:
    """Show totals by county, township, village or team. Ranks totals only."""
    require_full()
    by = request.args.get("by", "")
    by = by if by in BY else "county"
    page = requested_page(STANDINGS_SIZE)
    campaign = shown_campaign(slug).campaign
    rows, total = read_once(("standings", slug, by, page), lambda tx: standings(tx, campaign.id, by, page))
    return render_template(
        "web/standings.html", campaign=campaign, by=by, rows=rows, total=total, page=page, filters={"by": by}
    )


@blueprint.get("/c/<slug>/screen")
@access.public
@shared()
def screen(slug: str) -> str:
    """Show the big screen for a hall (1920 x 1080): live figures that can be read from afar."""
    shown = shown_campaign(slug)
    gifts = gifts_lately(slug, shown.campaign.id)[:MOST_ON_SCREEN]
    return render_template("web/screen.html", campaign=shown.campaign, pots=shown.pots, gifts=gifts)
