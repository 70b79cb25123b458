"""The standings of a campaign: totals by county, township, village or team.

Only totals are ranked. The standings never show who has not donated, because there are no quotas. Equal totals are
ordered by code. Of the team names on donations, only those of approved teams are shown.
"""

from sqlmodel import select

from campaigns.disclosure.teams import totals_of_teams
from campaigns.projects.place_totals import PLACE_OF, PlaceTotals, by_place
from campaigns.teams.models import Team, TeamState
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
    approved = select(Team.name).where(Team.campaign_id == campaign_id, Team.state == TeamState.APPROVED)
    teams = [
        PlaceTotals(row.name, row.name, "", row.raised_minor, row.matched_minor, row.total_minor)
        for row in totals_of_teams(tx, campaign_id, tx.all(approved))
        if row.donations
    ]
    return sorted(teams, key=lambda row: (-row.total_minor, row.code))
