"""Recent donors on the pages of a campaign, and how a visitor reports their public words."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.http import access, rate_limit
from app.http.network import network_of
from app.http.reduced import is_reduced, require_full
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once, read_together
from app.web.blueprint import blueprint
from app.web.campaigns.campaign_reads import shown_campaign
from campaigns.desks import words_desk
from campaigns.disclosure.people import (
    MOST_COUNTED,
    RecentGift,
    donors_of_projects,
    messages,
    recent_gifts,
    recent_gifts_of_projects,
)
from kernel.db import Tx
from kernel.errors import Forbidden

MOST_LATELY = 6  # on the campaign's page
MOST_ON_SCREEN = 5
MOST_LISTED = 40
_DAY_S = 24 * 3600


def gifts_lately(slug: str, campaign_id: int) -> list[RecentGift]:
    """Return the newest gifts of a campaign, read once for all pages built together. Empty in reduced mode."""
    if is_reduced():
        return []
    return read_once(("gifts", slug), lambda tx: recent_gifts(tx, deps().keys, campaign_id, MOST_LISTED))


class ProjectPeople(NamedTuple):
    """Recent gifts to a project and its number of donors, counted up to `most`."""

    gifts: list[RecentGift]
    donors: int
    most: int = MOST_COUNTED


def people_of_project(campaign_id: int, project_id: int) -> ProjectPeople:
    """Return the recent gifts and donor count of a project. Empty in reduced mode."""

    def read(tx: Tx, project_ids: Sequence[int]) -> dict[int, ProjectPeople]:
        gifts = recent_gifts_of_projects(tx, deps().keys, campaign_id, project_ids, MOST_LATELY)
        donors = donors_of_projects(tx, campaign_id, project_ids)
        return {id_: ProjectPeople(gifts[id_], donors[id_]) for id_ in project_ids}

    return ProjectPeople([], 0) if is_reduced() else read_together(("people", campaign_id), project_id, read)


@blueprint.get("/c/<slug>/people")
@access.public
@shared()
def people(slug: str) -> str:
    """Show the newest gifts and the newest messages."""
    require_full()
    shown = shown_campaign(slug)
    gifts = gifts_lately(slug, shown.campaign.id)
    written = read_once(("messages", slug), lambda tx: messages(tx, deps().keys, shown.campaign.id, MOST_LISTED))
    return render_template("web/people.html", campaign=shown.campaign, gifts=gifts, written=written)


@blueprint.get("/c/<slug>/words/<int:words_id>")
@access.public
def ask_about_words(slug: str, words_id: int) -> AnyResponse | str:
    """Ask the visitor to confirm that they want to report these words."""
    return render_template(
        "web/report_words.html",
        campaign=shown_campaign(slug).campaign,
        words_id=words_id,
        sent="sent" in request.args,
    )


@blueprint.post("/c/<slug>/words/<int:words_id>")
@access.public
def report_words(slug: str, words_id: int) -> AnyResponse:
    """Record a visitor's report. Reports of the same words by one network count once per day."""
    network = network_of(request.remote_addr or "")
    rate_limit.hit("report_words", network, 20, _DAY_S, without_redis=True)
    with suppress(Forbidden):  # a second click, or a neighbour
        rate_limit.hit(f"report_words:{words_id}", network, 1, _DAY_S, without_redis=True)
        with deps().db.transaction() as tx:
            words_desk.report(tx, words_id)
    return redirect(url_for("web.ask_about_words", slug=slug, words_id=words_id, sent=1), 303)
