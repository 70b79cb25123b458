"""One campaign: its page, its projects, its standings and the big screen."""

from flask import render_template, request

from app.http import access
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web.blueprint import blueprint, requested_page
from app.web.campaign_reads import shown_campaign, shown_project
from campaigns.disclosure.campaigns import County, counties, themes_of
from campaigns.disclosure.catalogue import ProjectRow, listed
from campaigns.disclosure.standings import standings
from kernel.db import Tx
from kernel.paging import Page

PAGE_SIZE = 20
STANDINGS_SIZE = 50
SCREEN_ROWS = 8


@blueprint.get("/c/<slug>")
@access.public
@shared("page", "under", "sort", "theme", private=("q",))
def campaign(slug: str) -> str:
    """What was raised, what the pots still hold, and the projects: searched, filtered, sorted, paged."""
    page = requested_page(PAGE_SIZE)
    search = {name: request.args.get(name, "").strip() for name in ("q", "under", "sort", "theme")}
    shown = shown_campaign(slug)

    def read(tx: Tx) -> tuple[list[ProjectRow], int, list[County], list[str]]:
        projects, total = listed(
            tx,
            shown.campaign.id,
            under=search["under"],
            q=search["q"],
            sort=search["sort"] or "raised",
            page=page,
            theme=search["theme"],
        )
        return projects, total, counties(tx, shown.campaign.id), themes_of(tx, shown.campaign.id)

    projects, total, in_counties, themes = read_once(("projects", slug, *search.values(), page), read)
    return render_template(
        "web/campaign.html",
        campaign=shown.campaign,
        pots=shown.pots,
        places=shown.places,
        counties=in_counties,
        projects=projects,
        total=total,
        search=search,
        page=page,
        filters={name: value for name, value in search.items() if value},
        themes=themes,
    )


@blueprint.get("/c/<slug>/p/<int:project_id>")
@access.public
@shared()
def project(slug: str, project_id: int) -> str:
    """One project in one campaign."""
    shown = shown_campaign(slug)
    row, pots = shown_project(shown, project_id)
    return render_template("web/project.html", campaign=shown.campaign, project=row, pots=pots, places=shown.places)


@blueprint.get("/c/<slug>/standings", endpoint="standings")
@access.public
@shared("by", "page")
def show_standings(slug: str) -> str:
    """Totals by county, township, village or team; ranks totals only."""
    by = request.args.get("by", "county")
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
    """The big screen of a hall (1920 x 1080): figures that can be read from afar, live."""
    shown = shown_campaign(slug)
    page = Page(1, SCREEN_ROWS)
    rows, _ = read_once(
        ("standings", slug, "county", page), lambda tx: standings(tx, shown.campaign.id, "county", page)
    )
    return render_template(
        "web/screen.html", campaign=shown.campaign, pots=shown.pots, rows=[row for row in rows if row.code]
    )
