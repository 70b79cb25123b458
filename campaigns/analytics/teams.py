"""What teams gave together, and their match. The gifts of a large team up to some minutes before the last
count are kept, and only later ones are read. Amounts are in fen."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.analytics.cells import Cell
from campaigns.analytics.models import AnalyticsTeam
from campaigns.donations.states import COUNTED
from campaigns.lifecycle.models import Campaign
from kernel.db import Tx

LARGE = 1_000  # gifts
NEW = timedelta(minutes=10)  # messages of payments seldom arrive later; if so, the gift is in the next count


class TeamTotals(NamedTuple):
    """What the members of a team gave, and its match."""

    name: str
    donations: int
    donors: int
    raised_minor: int
    matched_minor: int

    @property
    def total_minor(self) -> int:
        return self.raised_minor + self.matched_minor


# The match of a donation: `live_minor` of its reservations that are captured and not on hold.
_GIFTS = """
    coalesce(sum(d.amount_minor - d.refunded_minor), 0) AS raised_minor,
    coalesce(sum((SELECT sum(r.live_minor) FROM reservation r
                   WHERE r.donation_id = d.id AND r.state = 'captured' AND NOT r.held)), 0) AS matched_minor
      FROM donation d
     WHERE d.campaign_id = :campaign AND d.team = n.name AND d.team <> '' AND d.status = ANY(:counted)"""
_LARGE_TEAMS = f"""
    SELECT n.name, g.donations, g.donors, CAST(g.raised_minor AS bigint) AS raised_minor,
           CAST(g.matched_minor AS bigint) AS matched_minor
      FROM unnest(CAST(:names AS text[])) AS n(name)
     CROSS JOIN LATERAL (SELECT count(*) AS donations, count(DISTINCT d.donor_key) AS donors, {_GIFTS}
                            AND d.paid_at < :before) AS g"""
# A donor is counted among the kept ones if a gift of theirs is.
_TOTALS = f"""
    SELECT n.name, coalesce(k.donations, 0) + g.donations AS donations, coalesce(k.donors, 0) + g.donors AS donors,
           CAST(coalesce(k.raised_minor, 0) + g.raised_minor AS bigint) AS raised_minor,
           CAST(coalesce(k.matched_minor, 0) + g.matched_minor AS bigint) AS matched_minor
      FROM unnest(CAST(:names AS text[])) AS n(name)
      LEFT JOIN analytics_team k ON k.campaign_id = :campaign AND k.name = n.name AND CAST(:kept AS boolean)
     CROSS JOIN LATERAL (
           SELECT count(*) AS donations,
                  count(DISTINCT d.donor_key) FILTER (WHERE NOT EXISTS (
                      SELECT FROM donation o
                       WHERE o.donor_key = d.donor_key AND o.campaign_id = :campaign AND o.team = n.name
                         AND o.status = ANY(:counted) AND o.paid_at < k.paid_before)) AS donors, {_GIFTS}
              AND d.paid_at >= coalesce(k.paid_before, '-infinity')) AS g"""


def totals_of(tx: Tx, campaign_id: int, names: Collection[str], *, kept: bool) -> list[TeamTotals]:
    """Return the totals of teams, by their names. `kept` says whether the kept counts may be used."""
    return tx.rows_as(
        TeamTotals, _TOTALS, campaign=campaign_id, names=list(names), counted=sorted(COUNTED), kept=kept
    )


def count_large(tx: Tx, campaign: Campaign, cells: Sequence[Cell], before: datetime) -> list[TeamTotals]:
    """Count the gifts of the large teams that were paid before a time."""
    sizes: Counter[str] = Counter()
    for cell in cells:
        if cell.dimension == "team":
            sizes[cell.key] += cell.donations
    large = [name for name, donations in sizes.items() if donations >= LARGE]
    values = {"campaign": campaign.id, "names": large, "before": before, "counted": sorted(COUNTED)}
    return tx.rows_as(TeamTotals, _LARGE_TEAMS, **values)


def keep_large(tx: Tx, campaign: Campaign, teams: Sequence[TeamTotals], before: datetime) -> None:
    """Replace the kept counts of large teams."""
    assert campaign.id is not None
    tx.run("DELETE FROM analytics_team WHERE campaign_id = :campaign", campaign=campaign.id)
    tx.add_all(AnalyticsTeam(campaign_id=campaign.id, paid_before=before, **team._asdict()) for team in teams)
