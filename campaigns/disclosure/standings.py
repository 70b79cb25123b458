"""Who raised how much: by county, township, village or team. Ranks totals only, never a list of who has not given
(no assigned quotas), and equal totals in the order of their codes."""

from typing import NamedTuple

from kernel.db import Tx
from kernel.errors import Invalid

# What a project's money counts for; "" where a project stands above that level.
_BY = {
    "county": "county_code",
    "township": "township_code",
    "village": "CASE WHEN level = 'village' THEN organisation_code ELSE '' END",
}
BY = (*_BY, "team")


class Row(NamedTuple):
    """One line: 筹款 (raised), 配捐 (matched), 合计 (both), in fen. A place's parent is the county it lies in."""

    code: str
    name: str
    parent_name: str
    raised_minor: int
    matched_minor: int
    total_minor: int


# Money by project of one campaign, from the books.
PROJECT_MONEY = """
    SELECT project_id, sum(raised) AS raised, sum(matched) AS matched FROM (
        SELECT CAST(substr(purpose, 9) AS bigint) AS project_id, balance_minor AS raised, 0 AS matched
          FROM ledger_account WHERE owner = 'campaign:' || :campaign AND kind = 'donations'
        UNION ALL
        SELECT CAST(substr(a.purpose, 9) AS bigint), 0, a.balance_minor
          FROM pot p JOIN ledger_account a ON a.owner = 'pot:' || p.id
           AND a.kind IN ('pot_captured', 'pot_released')
         WHERE p.campaign_id = CAST(:campaign AS bigint)) AS legs
     GROUP BY project_id"""


def standings(tx: Tx, campaign_id: int, by: str, page: int = 1, page_size: int = 50) -> tuple[list[Row], int]:
    """One page of the standings, highest total first, and the number of rows in all.

    Raises Invalid `standings_unknown` for a `by` that does not exist.
    """
    if by not in BY:
        raise Invalid("standings_unknown", fields={"by": "must be one of " + ", ".join(BY)})
    rows = _teams(tx, campaign_id) if by == "team" else _places(tx, campaign_id, _BY[by])
    start = (page - 1) * page_size
    return rows[start : start + page_size], len(rows)


def _places(tx: Tx, campaign_id: int, code: str) -> list[Row]:
    rows = tx.rows(
        f"""WITH money AS ({PROJECT_MONEY}),
                 placed AS (SELECT {code} AS code, raised, matched FROM money JOIN project p ON p.id = project_id)
            SELECT x.code, coalesce(o.name, ''), coalesce(up.name, ''), sum(x.raised), sum(x.matched),
                   sum(x.raised + x.matched) AS total
              FROM placed x LEFT JOIN organisation o ON o.code = x.code
              LEFT JOIN organisation up ON up.code = o.lineage[2] AND up.code <> o.code
             GROUP BY 1, 2, 3 ORDER BY total DESC, x.code""",
        campaign=str(campaign_id),
    )
    return [Row(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])) for row in rows]


def _teams(tx: Tx, campaign_id: int) -> list[Row]:
    rows = tx.rows(
        """SELECT d.team, sum(d.amount_minor - d.refunded_minor) AS raised,
                  coalesce(sum((SELECT sum(r.amount_minor - r.returned_minor) FROM reservation r
                                 WHERE r.donation_id = d.id AND r.state = 'captured')), 0) AS matched
             FROM donation d
            WHERE d.campaign_id = :campaign AND d.team <> '' AND d.status IN ('paid', 'settled', 'disputed')
            GROUP BY d.team""",
        campaign=campaign_id,
    )
    made = [Row(row[0], row[0], "", int(row[1]), int(row[2]), int(row[1] + row[2])) for row in rows]
    return sorted(made, key=lambda row: (-row.total_minor, row.code))
