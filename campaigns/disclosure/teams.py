"""What a team gave together, and its match. Amounts in fen."""

from typing import NamedTuple

from campaigns.donations.states import COUNTED
from campaigns.teams.teams import TeamView
from kernel.db import Tx

# The match of a donation: `live_minor` of its reservations that are captured and not on hold.
MATCH_OF_GIFT = """coalesce((SELECT sum(r.live_minor) FROM reservation r
                              WHERE r.donation_id = d.id AND r.state = 'captured' AND NOT r.held), 0)"""


class TeamTotals(NamedTuple):
    """What the members of a team gave, and its match."""

    donations: int
    donors: int
    raised_minor: int
    matched_minor: int

    @property
    def total_minor(self) -> int:
        return self.raised_minor + self.matched_minor


def team_totals(tx: Tx, team: TeamView) -> TeamTotals:
    """Return the totals of a team."""
    return tx.rows_as(
        TeamTotals,
        f"""SELECT count(*) AS donations, count(DISTINCT d.donor_key) AS donors,
                   CAST(coalesce(sum(d.amount_minor - d.refunded_minor), 0) AS bigint) AS raised_minor,
                   CAST(coalesce(sum({MATCH_OF_GIFT}), 0) AS bigint) AS matched_minor
              FROM donation d
             WHERE d.campaign_id = :campaign AND d.team = :name AND d.team <> '' AND d.status = ANY(:counted)""",
        campaign=team.campaign_id,
        name=team.name,
        counted=sorted(COUNTED),
    )[0]
