"""What other sites embed or index: a widget in a frame, a QR code, and the sitemap for search engines.

The widget is the only page that other sites may frame. It has no script, no form and no cookie.
"""

import io
from collections.abc import Iterator

import segno
from flask import Response, make_response, render_template, request, url_for
from flask_babel import force_locale

from app.current import deps, settings
from app.http import access
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web.blueprint import blueprint
from app.web.campaigns.campaign_reads import shown_campaign, shown_project
from app.web.outlook import outlook
from campaigns.disclosure.campaigns import entries, public_campaigns
from kernel.db import Tx

MOST_ADDRESSES = 50_000  # per sitemap, a limit of its protocol
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
)


@blueprint.get("/c/<slug>/widget")
@access.public
@shared("language", speaks=False)
def widget(slug: str) -> Response:
    """Return a campaign's widget for a frame on another site."""
    shown = shown_campaign(slug)
    return _framed(
        "web/widget.html", campaign=shown.campaign, match=outlook(shown.campaign, shown.pots), project=None
    )


@blueprint.get("/c/<slug>/p/<int:project_id>/widget")
@access.public
@shared("language", speaks=False)
def project_widget(slug: str, project_id: int) -> Response:
    """Return a project's widget for a frame on another site."""
    shown = shown_campaign(slug)
    row, pots = shown_project(shown, project_id)
    return _framed("web/widget.html", campaign=shown.campaign, match=outlook(shown.campaign, pots), project=row)


def _framed(template: str, **values: object) -> Response:
    with force_locale("en" if request.args.get("language") == "en" else "zh"):
        response = make_response(render_template(template, **values))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/c/<slug>/qr.svg")
@access.public
@shared(speaks=False)
def campaign_qr(slug: str) -> Response:
    """Return the URL of a campaign as a QR code."""
    return qr_code(f"{deps().public_url}/c/{shown_campaign(slug).campaign.slug}")


def qr_code(address: str) -> Response:
    """Return a URL as a QR code in SVG, with the quiet zone that readers need."""
    drawing = io.BytesIO()
    segno.make_qr(address, error="m").save(drawing, kind="svg", scale=6, border=4, light="#fff6e6", dark="#231512")
    return Response(drawing.getvalue(), mimetype="image/svg+xml")


@blueprint.get("/sitemap.xml")
@access.public
@shared(speaks=False)
def sitemap() -> Response:
    """List the pages for search engines: campaigns, their projects and statements. Empty on a training site."""

    def read(tx: Tx) -> list[str]:
        return [] if settings().training else list(_addresses(tx))

    addresses = read_once(("sitemap",), read)[:MOST_ADDRESSES]
    page = render_template("web/sitemap.xml", addresses=addresses, site=settings().public_url)
    return Response(page, mimetype="application/xml")


def _addresses(tx: Tx) -> Iterator[str]:
    yield url_for("web.home")
    yield url_for("web.public")
    for campaign in public_campaigns(tx):
        for endpoint in ("web.campaign", "web.people", "web.teams", "web.standings", "web.statement"):
            yield url_for(endpoint, slug=campaign.slug)
        for project_id in entries(tx, campaign.id):
            yield url_for("web.project", slug=campaign.slug, project_id=project_id)


@blueprint.get("/robots.txt")
@access.public
def robots() -> Response:
    """Exclude donors' own pages and the console from search engines, and point them to the sitemap."""
    if settings().training:
        return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
    closed = ("/d/", "/my", "/console/", "/donate/", "/api/", "/*/words/", "/*/join")
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        f"Sitemap: {deps().public_url}/sitemap.xml",
    ]
    return Response("\n".join([*lines, ""]), mimetype="text/plain")
