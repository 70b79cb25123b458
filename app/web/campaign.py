"""One campaign: its page, its projects, its standings and the big screen."""

from flask import render_template, request

from app.current import deps
from app.http import access
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint, requested_page
from campaigns.disclosure.campaigns import counties, entry, public_campaign
from campaigns.disclosure.catalogue import listed
from campaigns.disclosure.pot_details import place_names, pots_serving
from campaigns.disclosure.standings import standings
from campaigns.disclosure.totals import pot_views
from kernel.paging import Page

PAGE_SIZE = 20
STANDINGS_SIZE = 50
SCREEN_ROWS = 8


@blueprint.get("/c/<slug>")
@access.public
@shared("page", "under", "sort", private=("q",))
def campaign(slug: str) -> str:
    """What was raised, what the pots still hold, and the projects: searched, filtered, sorted, paged."""
    page = requested_page(PAGE_SIZE)
    search = {name: request.args.get(name, "").strip() for name in ("q", "under", "sort")}
    with deps().db.snapshot() as tx:
        view = public_campaign(tx, slug)
        pots = pot_views(tx, view.id)
        projects, total = listed(
            tx, view.id, under=search["under"], q=search["q"], sort=search["sort"] or "raised", page=page
        )
        places = place_names(tx, pots)
        in_counties = counties(tx, view.id)
    return render_template(
        "web/campaign.html",
        campaign=view,
        pots=pots,
        places=places,
        counties=in_counties,
        projects=projects,
        total=total,
        search=search,
        page=page,
        filters={name: value for name, value in search.items() if value},
    )


@blueprint.get("/c/<slug>/p/<int:project_id>")
@access.public
@shared()
def project(slug: str, project_id: int) -> str:
    """One project in one campaign."""
    with deps().db.snapshot() as tx:
        view = public_campaign(tx, slug)
        row = entry(tx, view.id, project_id)
        pots = pots_serving(tx, view.id, project_id)
        places = place_names(tx, pots)
    return render_template("web/project.html", campaign=view, project=row, pots=pots, places=places)


@blueprint.get("/c/<slug>/standings", endpoint="standings")
@access.public
@shared("by", "page")
def show_standings(slug: str) -> str:
    """Totals by county, township, village or team; ranks totals only."""
    by = request.args.get("by", "county")
    page = requested_page(STANDINGS_SIZE)
    with deps().db.snapshot() as tx:
        view = public_campaign(tx, slug)
        rows, total = standings(tx, view.id, by, page)
    return render_template(
        "web/standings.html", campaign=view, by=by, rows=rows, total=total, page=page, filters={"by": by}
    )


@blueprint.get("/c/<slug>/screen")
@access.public
@shared()
def screen(slug: str) -> str:
    """The big screen of a hall (1920 x 1080): figures that can be read from afar, live."""
    with deps().db.snapshot() as tx:
        view = public_campaign(tx, slug)
        pots = pot_views(tx, view.id)
        rows, _ = standings(tx, view.id, "county", Page(1, SCREEN_ROWS))
    return render_template("web/screen.html", campaign=view, pots=pots, rows=[row for row in rows if row.code])
