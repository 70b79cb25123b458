"""The standings of a campaign: totals by county, township, village or team.

Only totals are ranked. The standings never show who has not donated, because there are no quotas. Equal totals are
ordered by code. Of the team names on donations, only those of approved teams are shown.
"""

from campaigns.donations.states import COUNTED
from campaigns.projects.place_totals import PLACE_OF, PlaceTotals, by_place
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.paging import FIRST_PAGE, Page

BY = (*PLACE_OF, "team")


def standings(tx: Tx, campaign_id: int, by: str, page: Page = FIRST_PAGE) -> tuple[list[PlaceTotals], int]:
    """Return one page of the standings, highest total first, and the total number of rows.

    Raises Invalid `standings_unknown` for an unknown `by`.
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
             JOIN team t ON t.campaign_id = d.campaign_id AND t.name = d.team AND t.state = 'approved'
            WHERE d.campaign_id = :campaign AND d.team <> '' AND d.status = ANY(:counted)
            GROUP BY d.team""",
        campaign=campaign_id,
        counted=sorted(COUNTED),
    )
    teams = [
        PlaceTotals(row.team, row.team, "", int(row.raised), int(row.matched), int(row.raised + row.matched))
        for row in rows
    ]
    return sorted(teams, key=lambda row: (-row.total_minor, row.code))
