"""Found and find teams. A team is not public until staff have approved its name."""

from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.teams.models import Team, TeamKind, TeamState
from campaigns.teams.names import clean_name, look_of, name_fault
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.text import is_storable

KINDS = tuple(TeamKind)
WAITING_OF_BROWSER = 3  # unapproved teams per browser
WAITING_OF_CAMPAIGN = 2_000


class NewTeam(NamedTuple):
    """A team to found. `device_key` is that of the founder's browser, if known."""

    campaign_id: int
    name: str
    kind: str
    device_key: str | None = None


class TeamView(NamedTuple):
    """A team as pages show it. Its name is public only once it is approved."""

    id: int
    campaign_id: int
    name: str
    kind: str
    state: str

    @classmethod
    def of(cls, team: Team) -> "TeamView":
        assert team.id is not None
        return cls(team.id, team.campaign_id, team.name, team.kind, team.state)

    @property
    def approved(self) -> bool:
        return self.state == TeamState.APPROVED


def found_team(tx: Tx, new: NewTeam) -> Team:
    """Found a team, which then waits for approval. Repeating a name returns the existing team.

    Raises NotFound `campaign_unknown`, Conflict `campaign_over`, Invalid `team_invalid`, Conflict `team_exists` for
    a name that looks like another team's, Conflict `teams_waiting` when too many teams wait.
    """
    name = clean_name(new.name)
    if faults := _faults(name, new.kind):
        raise Invalid("team_invalid", fields=faults)
    campaign = tx.get(Campaign, new.campaign_id, lock=True)  # names of the same look wait for each other here
    if campaign is None:
        raise NotFound("campaign_unknown")
    if campaign.phase not in (Phase.SCHEDULED, Phase.OPEN) or tx.now >= campaign.ends_at:
        raise Conflict("campaign_over")
    if (team := _of_look(tx, new.campaign_id, look_of(name))) is not None:
        if team.name == name:
            return team
        raise Conflict("team_exists", fields={"name": fault("taken")})
    _require_room(tx, new)
    return tx.add(
        Team(
            campaign_id=new.campaign_id,
            name=name,
            look=look_of(name),
            kind=new.kind,
            state=TeamState.WAITING,
            device_key=new.device_key,
            created_at=tx.now,
        )
    )


def _faults(name: str, kind: str) -> dict[str, Fault]:
    faults = {}
    if refused := name_fault(name):
        faults["name"] = refused
    if kind not in KINDS:
        faults["kind"] = fault("not_one_of", options=KINDS)
    return faults


def _of_look(tx: Tx, campaign_id: int, look: str) -> Team | None:
    return tx.first(
        select(Team).where(Team.campaign_id == campaign_id, Team.look == look, Team.state != TeamState.REFUSED)
    )


def _require_room(tx: Tx, new: NewTeam) -> None:
    waiting = select(func.count()).where(Team.campaign_id == new.campaign_id, Team.state == TeamState.WAITING)
    own = waiting.where(col(Team.device_key) == new.device_key)
    if (tx.first(waiting) or 0) >= WAITING_OF_CAMPAIGN or (
        new.device_key is not None and (tx.first(own) or 0) >= WAITING_OF_BROWSER
    ):
        raise Conflict("teams_waiting")


def find_team(tx: Tx, campaign_id: int, team_id: int) -> TeamView:
    """Return a team of a campaign unless it was refused. Raises NotFound `team_unknown`."""
    team = tx.get(Team, team_id)
    if team is None or team.campaign_id != campaign_id or team.state == TeamState.REFUSED:
        raise NotFound("team_unknown")
    return TeamView.of(team)


def team_of_link(tx: Tx, campaign_id: int, text: str) -> TeamView | None:
    """Return the team that a link names by id or name; None if there is none or it was refused."""
    if text.isascii() and text.isdigit():
        team = tx.get(Team, int(text)) if len(text) < 19 else None
        shown = team is not None and team.campaign_id == campaign_id and team.state != TeamState.REFUSED
        return TeamView.of(team) if team is not None and shown else None
    name = clean_name(text)
    if not name or not is_storable(name):
        return None
    named = select(Team).where(Team.campaign_id == campaign_id, Team.name == name, Team.state != TeamState.REFUSED)
    team = tx.first(named)
    return TeamView.of(team) if team is not None else None


def approved_teams(tx: Tx, campaign_id: int) -> list[TeamView]:
    """Return the public teams of a campaign, by name."""
    shown = select(Team).where(Team.campaign_id == campaign_id, Team.state == TeamState.APPROVED)
    return [TeamView.of(team) for team in tx.all(shown.order_by(Team.name))]
