"""The desk for teams: names wait here until an operator approves or refuses them. Every decision is audited.

Gifts may name a team that no donor founded (through an organiser's link, or a program). Such labels are listed too,
and become a team when an operator approves the name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.analytics.kept import current
from campaigns.audit import record_audit
from campaigns.donations.states import COUNTED
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from campaigns.teams.models import Team, TeamState
from campaigns.teams.teams import NewTeam, found_team
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID
from kernel.paging import FIRST_PAGE, Page

STATES = tuple(TeamState)


class TeamLine(NamedTuple):
    """A team as managers see it."""

    id: int
    campaign: str
    campaign_name: str
    name: str
    kind: str
    state: str
    created_at: datetime
    decided_at: datetime | None
    actor: str
    reason: str


class TeamLabel(NamedTuple):
    """A label of paid gifts that is not a team's name: how many gifts, and their sum in fen."""

    campaign: str
    campaign_name: str
    label: str
    donations: int
    raised_minor: int


_LINES = """
    SELECT t.id, c.slug AS campaign, c.name AS campaign_name, t.name, t.kind, t.state, t.created_at, t.decided_at,
           t.actor, t.reason
      FROM team t JOIN campaign c ON c.id = t.campaign_id JOIN organisation o ON o.code = c.host_code"""
_BRANCH = "(CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)])"
_CHOSEN = f"WHERE t.state = :state AND {_BRANCH}"


def listed(
    tx: Tx, state: str = TeamState.WAITING, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[TeamLine], int]:
    """Return one page of the teams in a state in a branch's campaigns (None: all), and their total number."""
    chosen: dict[str, Any] = {"state": str(state), "branch": branch}
    rows = tx.rows_as(
        TeamLine,
        f"{_LINES} {_CHOSEN} ORDER BY t.id LIMIT :size OFFSET :skip",
        **chosen,
        size=page.size,
        skip=page.offset,
    )
    total = tx.scalar(f"SELECT count(*) FROM ({_LINES} {_CHOSEN}) AS chosen", **chosen)
    return rows, int(total)


def line(tx: Tx, team_id: int) -> TeamLine:
    """Return one team. Raises NotFound `team_unknown`."""
    rows = tx.rows_as(TeamLine, f"{_LINES} WHERE t.id = :id", id=team_id) if 0 < team_id <= MOST_ID else []
    if not rows:
        raise NotFound("team_unknown")
    return rows[0]


_COUNTED_LABELS = """
    SELECT campaign_id, key AS label, donations, given_minor FROM analytics_cell
     WHERE campaign_id = ANY(:kept) AND dimension = 'team'"""
_UNCOUNTED_LABELS = """
     UNION ALL SELECT campaign_id, team, 1, amount_minor - refunded_minor FROM donation
                WHERE campaign_id = ANY(:uncounted) AND team <> '' AND status = ANY(:counted)"""


def labels(tx: Tx, branch: str | None = None, most: int = 100) -> Sequence[TeamLabel]:
    """Return the labels of paid gifts that are not a team's name, in campaigns that are scheduled or open, largest
    first. Gifts are counted by the job `analytics`; in a campaign that it has not counted yet, they are read."""
    taking = tx.all(select(Campaign).where(col(Campaign.phase).in_([Phase.SCHEDULED, Phase.OPEN])))
    kept = [campaign.id for campaign in taking if current(tx, campaign) is not None]
    uncounted = [campaign.id for campaign in taking if campaign.id not in kept]
    return tx.rows_as(
        TeamLabel,
        f"""WITH label AS ({_COUNTED_LABELS} {_UNCOUNTED_LABELS if uncounted else ""})
            SELECT c.slug AS campaign, c.name AS campaign_name, l.label,
                   CAST(sum(l.donations) AS bigint) AS donations, CAST(sum(l.given_minor) AS bigint) AS raised_minor
              FROM label l JOIN campaign c ON c.id = l.campaign_id JOIN organisation o ON o.code = c.host_code
             WHERE {_BRANCH}
               AND NOT EXISTS (SELECT FROM team t WHERE t.campaign_id = c.id AND t.name = l.label)
             GROUP BY c.id, l.label ORDER BY raised_minor DESC, label LIMIT :most""",
        kept=kept,
        **({"uncounted": uncounted, "counted": sorted(COUNTED)} if uncounted else {}),
        branch=branch,
        most=most,
    )


def approve(tx: Tx, team_id: int, actor: str) -> Team:
    """Approve a team, so that visitors see it. Idempotent. Raises NotFound `team_unknown`, Conflict `team_ended`
    for a refused team, because another team may have its name by now."""
    team = _locked(tx, team_id)
    if team.state == TeamState.APPROVED:
        return team
    if team.state == TeamState.REFUSED:
        raise Conflict("team_ended", state=team.state)
    return _decide(tx, team, TeamState.APPROVED, actor, "")


def refuse(tx: Tx, team_id: int, reason: str, actor: str) -> Team:
    """Refuse a team, or take down the name of an approved one, for a reason. Its gifts stay and count for no team.

    Raises NotFound `team_unknown`, Invalid `reason_missing`.
    """
    require_reason(reason)
    team = _locked(tx, team_id)
    if team.state == TeamState.REFUSED:
        return team
    return _decide(tx, team, TeamState.REFUSED, actor, reason)


def approve_label(tx: Tx, campaign_id: int, label: str, kind: str, actor: str) -> Team:
    """Create a team for a label that gifts carry already, and approve it. Raises what `found_team` raises."""
    team = found_team(tx, NewTeam(campaign_id, label, kind))
    assert team.id is not None
    return approve(tx, team.id, actor)


def _locked(tx: Tx, team_id: int) -> Team:
    team = tx.get(Team, team_id, lock=True)
    if team is None:
        raise NotFound("team_unknown")
    return team


def _decide(tx: Tx, team: Team, state: TeamState, actor: str, reason: str) -> Team:
    team.state, team.decided_at, team.actor, team.reason = state, tx.now, actor, reason
    tx.add(team)
    tx.session.flush()
    record_audit(tx, actor, f"team.{state}", f"team:{team.id}", name=team.name, reason=reason)
    return team
