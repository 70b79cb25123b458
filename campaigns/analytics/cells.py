"""Count the paid donations of a campaign by place and by one dimension at a time: hour, channel, band of amounts,
team and source. One statement reads all donations once. Amounts are in fen, less refunds."""

from typing import NamedTuple

from sqlmodel import col, select

from campaigns.donations.states import COUNTED
from campaigns.donations.whole_campaign import counting_donations
from campaigns.lifecycle.models import Campaign
from kernel.db import Tx

# The first fen of each band of amounts.
BANDS = (1, 10_00, 50_00, 100_00, 500_00, 1_000_00, 10_000_00)
WHOLE = "all"  # the dimension of all donations together


class Cell(NamedTuple):
    """The donations to the projects of a place by one value of a dimension. `key` is the hour since the campaign
    opened, a code, or a name; the place is the county, or the node of a project above counties."""

    place_code: str
    dimension: str
    key: str
    donations: int
    given_minor: int


class Donors(NamedTuple):
    """How many donors gave in no earlier campaign (`first`), gave in one (`again`), and gave several times in this
    one (`several`)."""

    first: int
    again: int
    several: int


# Donations are first grouped once by all dimensions together, and the few resulting cells are then counted by each
# of them: six counts over a million donations take four times as long. Seconds are a float for the same reason.
_CELLS = """
    WITH cell AS (
        SELECT d.project_id, d.channel, d.team, d.source_code,
               CAST(floor(date_part('epoch', d.paid_at - CAST(:opens_at AS timestamptz)) / 3600) AS integer)
                 AS hour,
               width_bucket(d.amount_minor, CAST(:bands AS bigint[])) AS band,
               count(*) AS donations, sum(d.amount_minor - d.refunded_minor) AS minor
          FROM donation d
         WHERE d.campaign_id = :campaign AND d.status = ANY(:counted)
           AND (CAST(:projects AS bigint[]) IS NULL OR d.project_id = ANY(:projects))
         GROUP BY 1, 2, 3, 4, 5, 6),
    placed AS (
        SELECT coalesce(nullif(p.county_code, ''), p.organisation_code) AS place_code, c.*
          FROM cell c JOIN project p ON p.id = c.project_id),
    counted AS (
        SELECT place_code,
               CASE WHEN grouping(hour) = 0 THEN 'hour' WHEN grouping(channel) = 0 THEN 'channel'
                    WHEN grouping(band) = 0 THEN 'band' WHEN grouping(team) = 0 THEN 'team'
                    WHEN grouping(source_code) = 0 THEN 'source' ELSE 'all' END AS dimension,
               coalesce(CAST(hour AS text), channel, CAST(band AS text), team, source_code, '') AS key,
               CAST(sum(donations) AS bigint) AS donations, CAST(sum(minor) AS bigint) AS given_minor
          FROM placed
         GROUP BY GROUPING SETS ((place_code, hour), (place_code, channel), (place_code, band), (place_code, team),
                                 (place_code, source_code), (place_code)))
    SELECT place_code, dimension, key, donations, given_minor FROM counted
     WHERE NOT (dimension IN ('team', 'source') AND key = '')"""
_DONORS = """
    SELECT count(*) FILTER (WHERE NOT before) AS first, count(*) FILTER (WHERE before) AS again,
           count(*) FILTER (WHERE donations > 1) AS several
      FROM (SELECT d.donations,
                   EXISTS (SELECT FROM campaign_donor o
                            WHERE o.campaign_id = ANY(:earlier) AND o.donor_key = d.donor_key) AS before
              FROM campaign_donor d WHERE d.campaign_id = :campaign AND d.donations > 0) AS donors"""


def count_cells(tx: Tx, campaign: Campaign) -> list[Cell]:
    """Count all paid donations of a campaign."""
    assert campaign.id is not None
    with counting_donations(tx, campaign.id):
        return _counted(tx, campaign, None)


def count_cells_below(tx: Tx, campaign: Campaign, branch: str) -> list[Cell]:
    """Count the paid donations to the projects of a branch, which are found by an index."""
    projects = tx.rows("SELECT id FROM project WHERE lineage @> ARRAY[CAST(:branch AS text)]", branch=branch)
    return _counted(tx, campaign, [row.id for row in projects])


def _counted(tx: Tx, campaign: Campaign, projects: list[int] | None) -> list[Cell]:
    return tx.rows_as(
        Cell,
        _CELLS,
        campaign=campaign.id,
        opens_at=campaign.opens_at,
        bands=list(BANDS),
        counted=sorted(COUNTED),
        projects=projects,
    )


def count_donors(tx: Tx, campaign: Campaign) -> Donors:
    """Count the donors of a campaign, and those known from campaigns that opened earlier."""
    earlier = tx.all(select(Campaign.id).where(col(Campaign.opens_at) < campaign.opens_at))
    (donors,) = tx.rows_as(Donors, _DONORS, campaign=campaign.id, earlier=earlier)
    return donors
