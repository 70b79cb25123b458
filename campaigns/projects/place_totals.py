"""What projects raised and matched in a campaign, from the books, rolled up to the places of the network."""

from typing import NamedTuple

from kernel.db import Tx, one_of
from ledger.chart import EARNED

# What a project's money counts for; "" where a project stands above that level.
LEVELS = {
    "county": "county_code",
    "township": "township_code",
    "village": "CASE WHEN level = 'village' THEN organisation_code ELSE '' END",
}


class PlaceTotals(NamedTuple):
    """One line: 筹款 (raised), 配捐 (matched), 合计 (both), in fen. `parent_name` is the county it lies in."""

    code: str
    name: str
    parent_name: str
    raised_minor: int
    matched_minor: int
    total_minor: int


# Money by project of one campaign, from the accounts themselves.
_PROJECT_MONEY = f"""
    SELECT project_id, sum(raised) AS raised, sum(matched) AS matched FROM (
        SELECT project_id, raised_minor AS raised, 0 AS matched FROM project_raised WHERE campaign_id = :campaign
        UNION ALL
        SELECT b.project_id, 0, b.balance_minor
          FROM pot p JOIN pot_balance b ON b.pot_id = p.id AND {one_of("b.kind", EARNED)}
         WHERE p.campaign_id = :campaign) AS legs
     GROUP BY project_id"""


def by_place(tx: Tx, campaign_id: int, level: str) -> list[PlaceTotals]:
    """The money of a campaign by county, township or village; highest total first, equal ones by code."""
    rows = tx.rows(
        f"""WITH money AS ({_PROJECT_MONEY}),
                 placed AS (SELECT {LEVELS[level]} AS code, raised, matched
                              FROM money JOIN project p ON p.id = project_id)
            SELECT x.code, coalesce(o.name, ''), coalesce(up.name, ''), sum(x.raised), sum(x.matched),
                   sum(x.raised + x.matched) AS total
              FROM placed x LEFT JOIN organisation o ON o.code = x.code
              LEFT JOIN organisation up ON up.code = o.lineage[2] AND up.code <> o.code
             GROUP BY 1, 2, 3 HAVING sum(x.raised + x.matched) > 0 ORDER BY total DESC, x.code""",
        campaign=campaign_id,
    )
    return [PlaceTotals(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])) for row in rows]
