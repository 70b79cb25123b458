"""Analytics for those who run campaigns: paid donations by hour, channel, source, team, county and amount, and how
many donors came back. With a branch, only donations to its projects are counted.

Amounts are in fen, less refunds. One statement reads all paid donations of the campaign once.
"""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.donations.states import COUNTED
from campaigns.donations.whole_campaign import counting_donations
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx

# The first fen of each band of amounts.
BANDS = (1, 10_00, 50_00, 100_00, 500_00, 1_000_00, 10_000_00)
DIMENSIONS = ("hour", "channel", "county", "band", "team", "source")
MOST_LINES = 40  # of teams and sources; the largest are kept


class Line(NamedTuple):
    """The donations of one value of a dimension. `key` is the hour since the campaign opened, a code, or a name."""

    dimension: str
    key: str
    name: str
    donations: int
    given_minor: int


class Donors(NamedTuple):
    """How many donors gave in no earlier campaign (`first`), gave in one (`again`), and gave several times in this
    one (`several`)."""

    first: int
    again: int
    several: int


class Analytics(NamedTuple):
    """The analytics of a campaign at a time. `donors` is None for a branch, because donors are counted by
    campaign."""

    at: datetime
    lines: list[Line]
    donors: Donors | None

    def of(self, dimension: str) -> list[Line]:
        """Return the lines of a dimension: hours and bands in their order, others largest first."""
        lines = [line for line in self.lines if line.dimension == dimension]
        if dimension in ("hour", "band"):
            return sorted(lines, key=lambda line: int(line.key))
        return sorted(lines, key=lambda line: (-line.given_minor, line.key))[:MOST_LINES]

    @property
    def whole(self) -> Line:
        """All donations together."""
        return next((line for line in self.lines if line.dimension == "all"), Line("all", "", "", 0, 0))


# Donations are first grouped once by all dimensions together, and the few resulting cells are then counted by each
# of them: six counts over a million donations take four times as long. Seconds are a float for the same reason.
_LINES = """
    WITH cell AS (
        SELECT d.project_id, d.channel, d.team, d.source_code,
               CAST(floor(date_part('epoch', d.paid_at - CAST(:opens_at AS timestamptz)) / 3600) AS integer)
                 AS hour,
               width_bucket(d.amount_minor, CAST(:bands AS bigint[])) AS band,
               count(*) AS donations, sum(d.amount_minor - d.refunded_minor) AS minor
          FROM donation d
         WHERE d.campaign_id = :campaign AND d.status = ANY(:counted)
           AND (CAST(:branch AS text) IS NULL
                OR d.project_id IN (SELECT id FROM project WHERE lineage @> ARRAY[CAST(:branch AS text)]))
         GROUP BY 1, 2, 3, 4, 5, 6),
    counted AS (
        SELECT CASE WHEN grouping(hour) = 0 THEN 'hour' WHEN grouping(channel) = 0 THEN 'channel'
                    WHEN grouping(county_code) = 0 THEN 'county' WHEN grouping(band) = 0 THEN 'band'
                    WHEN grouping(team) = 0 THEN 'team' WHEN grouping(source_code) = 0 THEN 'source'
                    ELSE 'all' END AS dimension,
               coalesce(CAST(hour AS text), channel, county_code, CAST(band AS text), team, source_code, '') AS key,
               CAST(coalesce(sum(donations), 0) AS bigint) AS donations,
               CAST(coalesce(sum(minor), 0) AS bigint) AS given_minor
          FROM cell JOIN project p ON p.id = cell.project_id
         GROUP BY GROUPING SETS ((hour), (channel), (county_code), (band), (team), (source_code), ()))
    SELECT c.dimension, c.key, coalesce(o.name, c.key) AS name, c.donations, c.given_minor
      FROM counted c LEFT JOIN organisation o ON c.dimension = 'county' AND o.code = c.key
     WHERE NOT (c.dimension IN ('team', 'source') AND c.key = '')"""
_DONORS = """
    SELECT count(*) FILTER (WHERE NOT before) AS first, count(*) FILTER (WHERE before) AS again,
           count(*) FILTER (WHERE donations > 1) AS several
      FROM (SELECT d.donations,
                   EXISTS (SELECT FROM campaign_donor o
                            WHERE o.campaign_id = ANY(:earlier) AND o.donor_key = d.donor_key) AS before
              FROM campaign_donor d WHERE d.campaign_id = :campaign AND d.donations > 0) AS donors"""


def analytics(tx: Tx, campaign: Campaign, branch: str | None = None) -> Analytics:
    """Return the analytics of a campaign."""
    assert campaign.id is not None
    with counting_donations(tx, campaign.id):
        lines = tx.rows_as(
            Line,
            _LINES,
            campaign=campaign.id,
            opens_at=campaign.opens_at,
            bands=list(BANDS),
            counted=sorted(COUNTED),
            branch=branch,
        )
    return Analytics(tx.now, lines, _donors(tx, campaign) if branch is None else None)


def campaign_before(tx: Tx, campaign: Campaign) -> Campaign | None:
    """Return the previous campaign of the same host, usually last year's."""
    earlier = select(Campaign).where(
        Campaign.host_code == campaign.host_code,
        col(Campaign.opens_at) < campaign.opens_at,
        col(Campaign.phase).not_in([Phase.DRAFT, Phase.CANCELLED]),
    )
    return tx.first(earlier.order_by(col(Campaign.opens_at).desc()))


def _donors(tx: Tx, campaign: Campaign) -> Donors:
    earlier = tx.all(select(Campaign.id).where(col(Campaign.opens_at) < campaign.opens_at))
    (donors,) = tx.rows_as(Donors, _DONORS, campaign=campaign.id, earlier=earlier)
    return donors
