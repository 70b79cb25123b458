"""Find a village by its place: counties, their townships, and the projects of one of them. The nearest places are
found in the browser alone."""

from typing import NamedTuple

from flask import Response, make_response, render_template, request

from app.http import access
from app.http.reduced import require_full
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web.blueprint import blueprint, requested_page
from app.web.campaigns.campaign_reads import shown_campaign
from campaigns.disclosure.catalogue import MOST_QUERY, ProjectQuery, ProjectRow, listed
from campaigns.disclosure.places import CountyPlaces, pinyin_of, places
from kernel.db import Tx
from kernel.paging import Page
from kernel.text import clean_text

PAGE_SIZE = 50


class Villages(NamedTuple):
    """One page of a place's projects in alphabetical order, and the pinyin of their names."""

    projects: list[ProjectRow]
    total: int
    page: Page
    pinyin: dict[str, str]


@blueprint.get("/c/<slug>/places", endpoint="places")
@access.public
@shared("under", "page")
def show_places(slug: str) -> Response:
    """Show all counties and townships with projects or, with `under`, the projects of one of them, paged."""
    require_full()
    campaign = shown_campaign(slug).campaign
    counties = read_once(("places", slug), lambda tx: places(tx, campaign.id))
    under = clean_text(request.args.get("under", ""))[:MOST_QUERY]
    page = requested_page(PAGE_SIZE)
    villages = None
    if under:
        villages = read_once(("villages", slug, under, page), lambda tx: _villages(tx, campaign.id, under, page))
    html = render_template(
        "web/places.html",
        campaign=campaign,
        counties=counties,
        villages=villages,
        name=_name(counties, under),
        under=under,
    )
    response = make_response(html)
    # The browser may ask for the user's location when they press the button; it is never sent to us.
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self)"
    return response


def _name(counties: list[CountyPlaces], code: str) -> str:
    """Return the name of a place, for a township with its county; empty if it has no projects."""
    for county, townships in counties:
        if county.code == code:
            return county.name
        for township in townships:
            if township.code == code:
                return f"{county.name} {township.name}"
    return ""


def _villages(tx: Tx, campaign_id: int, under: str, page: Page) -> Villages:
    """Return the requested page, or the last one if it is out of range."""
    query = ProjectQuery(campaign_id, under=under, sort="name")
    rows, total = listed(tx, query, page)
    if total and not rows:
        page = Page(page.count(total), page.size)
        rows, total = listed(tx, query, page)
    return Villages(rows, total, page, pinyin_of(tx, [row.name for row in rows]))
