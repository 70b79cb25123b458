"""What a team gave together, and its match."""

from campaigns.analytics.kept import current
from campaigns.analytics.teams import TeamTotals, totals_of
from campaigns.lifecycle.models import Campaign
from campaigns.teams.teams import TeamView
from kernel.db import Tx

__all__ = ["TeamTotals", "team_totals", "totals_of_teams"]


def team_totals(tx: Tx, team: TeamView) -> TeamTotals:
    """Return the totals of a team."""
    return totals_of_teams(tx, team.campaign_id, [team.name])[0]


def totals_of_teams(tx: Tx, campaign_id: int, names: list[str]) -> list[TeamTotals]:
    """Return the totals of teams of a campaign. New gifts show at once, refunds and holds of older gifts of a large
    team after the next count (job `analytics`)."""
    campaign = tx.get(Campaign, campaign_id)
    return totals_of(tx, campaign_id, names, kept=campaign is not None and current(tx, campaign) is not None)
