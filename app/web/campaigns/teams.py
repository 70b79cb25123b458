"""Teams of a campaign: their pages, founding one, and the link with which others join."""

from typing import NamedTuple

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.forms import Form
from app.http import access, rate_limit
from app.http.errors import status_of
from app.http.network import network_of
from app.http.reduced import require_full
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web import visitor
from app.web.blueprint import blueprint, requested_page
from app.web.campaigns.campaign_reads import shown_campaign
from app.web.campaigns.embedded import qr_code
from campaigns.disclosure.catalogue import ProjectQuery, ProjectRow, listed
from campaigns.disclosure.people import RecentGift, recent_gifts_of_team
from campaigns.disclosure.standings import standings
from campaigns.disclosure.teams import TeamTotals, team_totals
from campaigns.donations.donors.contact import device_key
from campaigns.teams.names import MOST_NAME
from campaigns.teams.teams import KINDS, NewTeam, TeamView, approved_teams, find_team, found_team
from kernel.db import Tx
from kernel.errors import Refusal
from kernel.paging import Page

COOKIE = "team"  # the team that a browser joined; sent only to the donation forms of its campaign
MOST_GIFTS = 10
MOST_PROJECTS = 6
_TEAMS_SIZE = 50
_MONTH_S = 30 * 24 * 3600
_HOUR_S = 3600


class TeamPage(NamedTuple):
    """The data of a team's page."""

    team: TeamView
    totals: TeamTotals
    gifts: list[RecentGift]
    projects: list[ProjectRow]


@blueprint.get("/c/<slug>/teams")
@access.public
@shared("page")
def teams(slug: str) -> str:
    """Show the teams of a campaign by the sum of their gifts, then those without gifts."""
    require_full()
    campaign = shown_campaign(slug).campaign
    page = requested_page(_TEAMS_SIZE)

    def read(tx: Tx) -> tuple[list[TeamView], dict[str, int]]:
        rows, _ = standings(tx, campaign.id, "team", Page(1, 1_000))
        return approved_teams(tx, campaign.id), {row.code: row.total_minor for row in rows}

    approved, sums = read_once(("teams", slug), read)
    ordered = sorted(approved, key=lambda team: (-sums.get(team.name, 0), team.name))
    return render_template(
        "web/teams.html", campaign=campaign, teams=page.slice(ordered), sums=sums, total=len(ordered), page=page
    )


@blueprint.get("/c/<slug>/teams/<int:team_id>")
@access.public
@shared()
def team(slug: str, team_id: int) -> str:
    """Show a team: the sum of its gifts with the match, the invitation, and thanks."""
    require_full()
    campaign = shown_campaign(slug).campaign

    def read(tx: Tx) -> TeamPage:
        row = find_team(tx, campaign.id, team_id)
        gifts = recent_gifts_of_team(tx, deps().keys, campaign.id, row.name, MOST_GIFTS)
        projects, _ = listed(tx, ProjectQuery(campaign.id), Page(1, MOST_PROJECTS))
        return TeamPage(row, team_totals(tx, row), gifts, projects)

    shown = read_once(("team", slug, team_id), read)
    return render_template("web/team.html", campaign=campaign, shown=shown, link=_link(slug, team_id))


@blueprint.get("/c/<slug>/teams/<int:team_id>/qr.svg")
@access.public
@shared(speaks=False)
def team_qr(slug: str, team_id: int) -> Response:
    """Return a team's invitation as a QR code."""
    campaign = shown_campaign(slug).campaign
    read_once(("team row", slug, team_id), lambda tx: find_team(tx, campaign.id, team_id))
    return qr_code(_link(slug, team_id))


@blueprint.get("/c/<slug>/teams/<int:team_id>/join")
@access.public
def join_team(slug: str, team_id: int) -> AnyResponse:
    """Count this browser's gifts for a team, until the donor changes that in the form."""
    with deps().db.snapshot() as tx:
        find_team(tx, shown_campaign(slug).campaign.id, team_id)
    return remember_team(redirect(url_for("web.campaign", slug=slug) + "#projects", 303), slug, str(team_id))


def joined_team(slug: str) -> str:
    """Return the id of the team that this browser joined, as text; "" if none."""
    return request.cookies.get(COOKIE, "")[:20] if slug else ""


def remember_team(response: AnyResponse, slug: str, team_id: str) -> AnyResponse:
    """Store the browser's team for the donation forms of a campaign; "" removes it."""
    response.set_cookie(
        COOKIE,
        team_id,
        max_age=_MONTH_S if team_id else 0,
        path=f"/donate/{slug}",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


@blueprint.get("/c/<slug>/teams/new")
@access.public
def new_team(slug: str) -> AnyResponse:
    """Show the form for a new team: its name and kind."""
    return _form(slug, Form({"kind": KINDS[0]}))


@blueprint.post("/c/<slug>/teams/new", endpoint="found_team")
@access.public
def found(slug: str) -> AnyResponse:
    """Found a team. Its link works at once; its name is shown after it has been approved."""
    form = Form(request.form)
    campaign = shown_campaign(slug).campaign
    device = device_key(deps().keys, visitor.known())
    try:
        rate_limit.hit("found_team", network_of(request.remote_addr or ""), 10, _HOUR_S, without_redis=True)
        with deps().db.transaction() as tx:
            team_id = found_team(tx, NewTeam(campaign.id, form["name"], form["kind"], device)).id
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(slug, form, status_of(refusal))
    response = redirect(url_for("web.team", slug=slug, team_id=team_id), 303)
    return remember_team(response, slug, str(team_id))


def _form(slug: str, form: Form, status: int = 200) -> AnyResponse:
    page = render_template(
        "web/team_new.html", campaign=shown_campaign(slug).campaign, form=form, kinds=KINDS, most=MOST_NAME
    )
    return visitor.remember(make_response(page, status))


def _link(slug: str, team_id: int) -> str:
    return f"{deps().public_url}/c/{slug}/teams/{team_id}"
