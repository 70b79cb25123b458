"""The first page: running, coming and past events. And how to report what looks wrong."""

from flask import Response, render_template, request

from app.current import deps
from app.http import access
from app.web import queries
from app.web.blueprint import blueprint
from kernel.errors import NotFound


@blueprint.get("/")
@access.public
def home() -> str:
    """Events by what one can do with them now."""
    with deps().db.snapshot() as tx:
        found = queries.campaign_pages(tx)
    shown = {
        "running": [one for one in found if one.running],
        "coming": sorted(
            (one for one in found if one.shown_phase == "scheduled"), key=lambda one: (one.opens_at, one.id)
        ),
        "past": [one for one in found if one.shown_phase in queries.OVER],
    }
    return render_template("web/home.html", **shown)


@blueprint.get("/report")
@access.public
def report() -> str:
    """Who answers for an event, and how to tell him what looks wrong."""
    slug = request.args.get("campaign", "")
    with deps().db.snapshot() as tx:
        try:
            about = queries.campaign_page(tx, slug) if slug else None
        except NotFound:
            about = None  # the advice is worth showing all the same
    return render_template("web/report.html", event=about)


@blueprint.get("/robots.txt")
@access.public
def robots() -> Response:
    """Donors' own pages and the console are nobody else's business."""
    return Response(
        "User-agent: *\nDisallow: /d/\nDisallow: /console/\nDisallow: /donate/\n", mimetype="text/plain"
    )
