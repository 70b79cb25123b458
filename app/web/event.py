"""One event: its page, its projects, its standings and the big screen."""

from flask import render_template, request

from app.current import deps
from app.http import access
from app.web import queries
from app.web.blueprint import blueprint, requested_page
from campaigns.disclosure.catalogue import listed
from campaigns.disclosure.standings import standings
from kernel.paging import Page

PAGE_SIZE = 20
STANDINGS_SIZE = 50
SCREEN_ROWS = 8


@blueprint.get("/c/<slug>")
@access.public
def event(slug: str) -> str:
    """What was raised, what the pots still hold, and the projects: searched, filtered, sorted, paged."""
    page = requested_page(PAGE_SIZE)
    asked = {name: request.args.get(name, "").strip() for name in ("q", "under", "sort")}
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        pots = queries.pots(tx, found.id)
        places = queries.place_names(tx, pots)
        counties = queries.counties(tx, found.id)
        rows, total = listed(
            tx,
            found.id,
            under=asked["under"],
            q=asked["q"],
            sort=asked["sort"] or "raised",
            page=page,
        )
    return render_template(
        "web/event.html",
        event=found,
        pots=pots,
        places=places,
        counties=counties,
        projects=rows,
        total=total,
        asked=asked,
        page=page,
        filters={name: value for name, value in asked.items() if value},
    )


@blueprint.get("/c/<slug>/p/<int:project_id>")
@access.public
def project(slug: str, project_id: int) -> str:
    """One project in one event."""
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        row = queries.project_in(tx, found.id, project_id)
        pots = queries.serving(tx, found, project_id)
        places = queries.place_names(tx, pots)
    return render_template("web/project.html", event=found, project=row, pots=pots, places=places)


@blueprint.get("/c/<slug>/standings")
@access.public
def ranks(slug: str) -> str:
    """Totals by county, township, village or team; ranks totals only."""
    by = request.args.get("by", "county")
    page = requested_page(STANDINGS_SIZE)
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        rows, total = standings(tx, found.id, by, page)
    return render_template(
        "web/standings.html",
        event=found,
        by=by,
        rows=rows,
        total=total,
        first=page.offset,
        page=page,
        filters={"by": by},
    )


@blueprint.get("/c/<slug>/screen")
@access.public
def screen(slug: str) -> str:
    """The big screen of a hall (1920 x 1080): figures that can be read from afar, live."""
    with deps().db.snapshot() as tx:
        found = queries.campaign_page(tx, slug)
        pots = queries.pots(tx, found.id)
        rows, _ = standings(tx, found.id, "county", Page(1, SCREEN_ROWS))
    return render_template("web/screen.html", event=found, pots=pots, rows=[row for row in rows if row.code])
