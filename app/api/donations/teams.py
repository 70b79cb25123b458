"""Teams of a campaign, which anyone can found and read, and managers approve or refuse."""

from typing import Any

from flask import request
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Key, Minor, Text, Time, Whole, one_of
from app.current import deps
from app.http import access, rate_limit, scope
from app.http.network import network_of
from app.http.scope import Where
from campaigns.desks import team_desk
from campaigns.disclosure.teams import team_totals
from campaigns.network.roles import Permission
from campaigns.teams.models import TeamState
from campaigns.teams.teams import KINDS, NewTeam, TeamView, approved_teams, find_team, found_team
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("teams", "Teams: people who give together under one name.")
_HOUR_S = 3600


class TeamIn(Schema):
    name = Text(
        80, required=True, metadata={"description": "2 to 20 Chinese or Latin letters, digits and ` ·&()-`"}
    )
    kind = one_of(*KINDS, required=True)


class TeamOut(Schema):
    """A team. `name` is null until a manager has approved it."""

    id = Key()
    name = Text(allow_none=True)
    kind = one_of(*KINDS)
    state = one_of(*team_desk.STATES)


class TeamTotalsOut(TeamOut):
    """A team with the amounts that its members gave, in fen."""

    donations = Whole(0, 2**63 - 1)
    donors = Whole(0, 2**63 - 1)
    raised_minor = Minor(0)
    matched_minor = Minor(0)
    currency = Text()


class TeamLineOut(Schema):
    """A team as managers see it."""

    id = Key()
    campaign = Text()
    name = Text()
    kind = one_of(*KINDS)
    state = one_of(*team_desk.STATES)
    created_at = Time()
    decided_at = Time(allow_none=True)
    actor = Text()
    reason = Text()


class TeamQuery(Schema):
    state = one_of(*team_desk.STATES)


@blueprint.get("/campaigns/<slug>/teams")
@access.public
@blueprint.response(200, TeamOut(many=True))
@blueprint.paginate()
def list_of_campaign(slug: str, pagination_parameters: PaginationParameters) -> Any:
    """List the approved teams of a campaign by name."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        teams = approved_teams(tx, _campaign_id(tx, slug))
    paging.item_count = len(teams)
    return [_view(team) for team in page_of(paging).slice(teams)]


@blueprint.post("/campaigns/<slug>/teams")
@access.public
@blueprint.arguments(TeamIn)
@blueprint.response(201, TeamOut)
def create(body: dict[str, Any], slug: str) -> Any:
    """Found a team, which waits for approval. Gifts can name it in `team` at once. Repeating the same name returns
    the same team."""
    rate_limit.hit("found_team", network_of(request.remote_addr or ""), 10, _HOUR_S, without_redis=True)
    with deps().db.transaction() as tx:
        new = NewTeam(_campaign_id(tx, slug), body["name"], body["kind"])
        return _view(TeamView.of(found_team(tx, new)))


@blueprint.get("/campaigns/<slug>/teams/<id:team_id>")
@access.public
@blueprint.response(200, TeamTotalsOut)
def show(slug: str, team_id: int) -> Any:
    """Return a team with the amounts that its members gave and their match."""
    with deps().db.transaction() as tx:
        team = find_team(tx, _campaign_id(tx, slug), team_id)
        return {**_view(team), **team_totals(tx, team)._asdict(), "currency": CURRENCY}


@blueprint.get("/teams")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
@blueprint.arguments(TeamQuery, location="query")
@blueprint.response(200, TeamLineOut(many=True))
@blueprint.paginate()
def list_for_managers(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the teams of the campaigns of the caller's branch; without `state`, the waiting ones."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = team_desk.listed(
            tx, query.get("state", TeamState.WAITING), scope.branch(), page_of(paging)
        )
    return rows


@blueprint.post("/teams/<id:team_id>/approve")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.response(200, TeamLineOut)
def approve(team_id: int) -> Any:
    """Publish a team and its place in the standings. Idempotent."""
    with deps().db.transaction() as tx:
        team_desk.approve(tx, team_id, access.actor())
        return team_desk.line(tx, team_id)


@blueprint.post("/teams/<id:team_id>/refuse")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, TeamLineOut)
def refuse(body: dict[str, Any], team_id: int) -> Any:
    """Refuse a team, or take down an approved one, for a reason."""
    with deps().db.transaction() as tx:
        team_desk.refuse(tx, team_id, body["reason"], access.actor())
        return team_desk.line(tx, team_id)


@blueprint.post("/campaigns/<slug>/team-labels")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(TeamIn)
@blueprint.response(201, TeamLineOut)
def approve_label(body: dict[str, Any], slug: str) -> Any:
    """Approve a name that gifts carry already or will carry. The team exists at once. Idempotent."""
    with deps().db.transaction() as tx:
        campaign_id = _campaign_id(tx, slug)
        team = team_desk.approve_label(tx, campaign_id, body["name"], body["kind"], access.actor())
        assert team.id is not None
        return team_desk.line(tx, team.id)


def _campaign_id(tx: Tx, slug: str) -> int:
    campaign = public(tx, slug)
    assert campaign.id is not None
    return campaign.id


def _view(team: TeamView) -> dict[str, Any]:
    return {"id": team.id, "name": team.name if team.approved else None, "kind": team.kind, "state": team.state}
