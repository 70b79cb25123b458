"""What projects raised and were matched in a campaign, from the books, summed by place in the network."""

from collections.abc import Collection
from typing import NamedTuple

from kernel.db import Tx, one_of
from ledger.chart import EARNED

# The place that a project counts for, by level; "" for a project above that level.
PLACE_OF = {
    "county": "county_code",
    "township": "township_code",
    "village": "CASE WHEN level = 'village' THEN organisation_code ELSE '' END",
}


class PlaceTotals(NamedTuple):
    """A place with its 筹款 (raised), 配捐 (matched) and 合计 (total), in fen. `parent_name`: its county."""

    code: str
    name: str
    parent_name: str
    raised_minor: int
    matched_minor: int
    total_minor: int


class ProjectTotals(NamedTuple):
    """A project with the names of its county, township and node, and its 筹款, 配捐 and 合计 in fen."""

    code: str
    name: str
    county: str
    township: str
    node: str
    raised_minor: int
    matched_minor: int
    total_minor: int


# The money of a campaign by project, from the accounts themselves.
_PROJECT_MONEY = f"""
    SELECT project_id, sum(raised) AS raised, sum(matched) AS matched FROM (
        SELECT project_id, raised_minor AS raised, 0 AS matched FROM project_raised WHERE campaign_id = :campaign
        UNION ALL
        SELECT b.project_id, 0, b.balance_minor
          FROM pot p JOIN pot_balance b ON b.pot_id = p.id AND {one_of("b.kind", EARNED)}
         WHERE p.campaign_id = :campaign) AS legs
     GROUP BY project_id"""


def by_place(tx: Tx, campaign_id: int, level: str) -> list[PlaceTotals]:
    """Return the totals of a campaign by county, township or village, highest first, then by code."""
    return tx.rows_as(
        PlaceTotals,
        f"""WITH money AS ({_PROJECT_MONEY}),
                 placed AS (SELECT {PLACE_OF[level]} AS code, raised, matched
                              FROM money JOIN project p ON p.id = project_id)
            SELECT x.code, coalesce(o.name, '') AS name, coalesce(up.name, '') AS parent_name,
                   CAST(sum(x.raised) AS bigint) AS raised_minor, CAST(sum(x.matched) AS bigint) AS matched_minor,
                   CAST(sum(x.raised + x.matched) AS bigint) AS total_minor
              FROM placed x LEFT JOIN organisation o ON o.code = x.code
              LEFT JOIN organisation up ON up.code = o.lineage[2] AND up.code <> o.code
             GROUP BY 1, 2, 3 HAVING sum(x.raised + x.matched) > 0 ORDER BY total_minor DESC, x.code""",
        campaign=campaign_id,
    )


def by_project(tx: Tx, campaign_id: int, also: Collection[int] = ()) -> list[ProjectTotals]:
    """Return the totals of a campaign by project, ordered by county, township and code.

    The projects in `also` are included even if they have no money.
    """
    return tx.rows_as(
        ProjectTotals,
        f"""WITH money AS (
                SELECT project_id, sum(raised) AS raised, sum(matched) AS matched
                  FROM (SELECT * FROM ({_PROJECT_MONEY}) AS own
                         UNION ALL SELECT unnest(CAST(:also AS bigint[])), 0, 0) AS listed
                 GROUP BY project_id)
            SELECT p.code, p.name, coalesce(c.name, '') AS county, coalesce(t.name, '') AS township,
                   coalesce(o.name, '') AS node, CAST(m.raised AS bigint) AS raised_minor,
                   CAST(m.matched AS bigint) AS matched_minor, CAST(m.raised + m.matched AS bigint) AS total_minor
              FROM money m JOIN project p ON p.id = m.project_id
              LEFT JOIN organisation c ON c.code = p.county_code
              LEFT JOIN organisation t ON t.code = p.township_code
              LEFT JOIN organisation o ON o.code = p.organisation_code
             WHERE m.raised + m.matched <> 0 OR m.project_id = ANY(:also)
             ORDER BY p.county_code, p.township_code, p.code""",
        campaign=campaign_id,
        also=list(also),
    )
