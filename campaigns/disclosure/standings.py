"""Who raised how much: by county, township, village or team. Ranks totals only, never a list of who has not
given (no assigned quotas), and equal totals in the order of their codes."""

from campaigns.donations.states import COUNTED
from campaigns.projects.place_totals import LEVELS, PlaceTotals, by_place
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.paging import FIRST_PAGE, Page

BY = (*LEVELS, "team")


def standings(tx: Tx, campaign_id: int, by: str, page: Page = FIRST_PAGE) -> tuple[list[PlaceTotals], int]:
    """One page of the standings, highest total first, and the number of rows in all.

    Raises Invalid `standings_unknown` for a `by` that does not exist.
    """
    if by not in BY:
        raise Invalid("standings_unknown", fields={"by": fault("not_one_of", options=BY)})
    rows = _teams(tx, campaign_id) if by == "team" else by_place(tx, campaign_id, by)
    return page.slice(rows), len(rows)


def _teams(tx: Tx, campaign_id: int) -> list[PlaceTotals]:
    rows = tx.rows(
        """SELECT d.team, sum(d.amount_minor - d.refunded_minor) AS raised,
                  coalesce(sum((SELECT sum(r.live_minor) FROM reservation r
                                 WHERE r.donation_id = d.id AND r.state = 'captured' AND NOT r.held)), 0) AS matched
             FROM donation d
            WHERE d.campaign_id = :campaign AND d.team <> '' AND d.status = ANY(:counted)
            GROUP BY d.team""",
        campaign=campaign_id,
        counted=sorted(COUNTED),
    )
    made = [PlaceTotals(row[0], row[0], "", int(row[1]), int(row[2]), int(row[1] + row[2])) for row in rows]
    return sorted(made, key=lambda row: (-row.total_minor, row.code))
