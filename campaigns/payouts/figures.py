"""How much of a campaign's money is divided, planned and paid, per project and in total."""

from collections.abc import Collection
from typing import NamedTuple

from kernel.db import Tx, one_of
from kernel.paging import FIRST_PAGE, Page
from ledger.chart import PAID_OUT, AccountKind


class Figures(NamedTuple):
    """The money of a project in a campaign, or of a whole campaign, in fen.

    - `raised` and `matched`: according to the books.
    - `project`, `township`, `management` and `fees`: what was allotted to these shares.
    - `left`: what the two shares that are paid out still have, without what is set aside.
    - `payable`: what is set aside for approved remittances.
    - `paid`: what left the bank and did not come back.
    - `moved`: what came from other projects, minus what they got, by changes of purpose and uses of surpluses.
    - `undivided`: what is in no share yet, because no statement shows the donation; below zero if refunds must be
      taken back from later money. Known once the match is released.
    """

    raised_minor: int = 0
    matched_minor: int = 0
    project_minor: int = 0
    township_minor: int = 0
    management_minor: int = 0
    fees_minor: int = 0
    left_minor: int = 0
    payable_minor: int = 0
    paid_minor: int = 0

    @property
    def undivided_minor(self) -> int:
        divided_minor = self.project_minor + self.township_minor + self.management_minor + self.fees_minor
        return self.raised_minor + self.matched_minor - divided_minor

    @property
    def moved_minor(self) -> int:
        return self.left_minor + self.payable_minor + self.paid_minor - self.project_minor - self.township_minor


class ProjectFigures(NamedTuple):
    project_id: int
    code: str
    name: str
    figures: Figures


class Outcomes(NamedTuple):
    """How many payments of a plan the bank owes an outcome, and how many it refused or returned."""

    open: int = 0
    failed: int = 0


# One row per project of the campaign. What its shares were allotted is what they have, what is set aside, and what
# is paid.
_PER_PROJECT = f"""
    WITH legs AS (
        SELECT project_id, raised_minor AS raised, 0 AS matched, 0 AS project, 0 AS township, 0 AS management,
               0 AS fees, 0 AS still, 0 AS payable, 0 AS paid
          FROM project_raised WHERE campaign_id = :campaign
         UNION ALL
        SELECT b.project_id, 0, b.balance_minor, 0, 0, 0, 0, 0, 0, 0
          FROM pot p JOIN pot_balance b ON b.pot_id = p.id
         WHERE p.campaign_id = :campaign AND b.kind = '{AccountKind.POT_RELEASED}'
         UNION ALL
        SELECT project_id, 0, 0, project_minor, township_minor, management_minor, fees_minor, 0, 0, 0
          FROM allotment WHERE campaign_id = :campaign
         UNION ALL
        SELECT project_id, 0, 0, 0, 0, 0, 0, CASE WHEN {one_of("kind", PAID_OUT)} THEN balance_minor ELSE 0 END,
               CASE kind WHEN '{AccountKind.PAYABLE}' THEN balance_minor ELSE 0 END, 0
          FROM share_balance WHERE campaign_id = :campaign
         UNION ALL
        SELECT s.project_id, 0, 0, 0, 0, 0, 0, 0, 0, s.amount_minor
          FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id JOIN payout_plan l ON l.id = r.plan_id
         WHERE l.campaign_id = :campaign AND r.state = 'paid'
         UNION ALL
        SELECT project_id, 0, 0, 0, 0, 0, 0, 0, 0, -amount_minor
          FROM surplus_return WHERE campaign_id = :campaign),
    sums AS (
        SELECT project_id, sum(raised) AS raised_minor, sum(matched) AS matched_minor,
               sum(project) AS project_minor, sum(township) AS township_minor,
               sum(management) AS management_minor, sum(fees) AS fees_minor,
               sum(still) AS left_minor, sum(payable) AS payable_minor, sum(paid) AS paid_minor
          FROM legs GROUP BY project_id)"""
_COLUMNS = ", ".join(f"CAST(s.{name} AS bigint) AS {name}" for name in Figures._fields)
_TOTALS = ", ".join(f"CAST(coalesce(sum({name}), 0) AS bigint) AS {name}" for name in Figures._fields)


def totals(tx: Tx, campaign_id: int) -> Figures:
    """Return the money of all projects of a campaign together."""
    return tx.rows_as(Figures, f"{_PER_PROJECT} SELECT {_TOTALS} FROM sums", campaign=campaign_id)[0]


def per_project(tx: Tx, campaign_id: int, page: Page = FIRST_PAGE) -> tuple[list[ProjectFigures], int]:
    """Return one page of a campaign's projects that have money, most money first, and their number."""
    rows = tx.rows(
        f"""{_PER_PROJECT}
            SELECT s.project_id, p.code, p.name, count(*) OVER () AS number, {_COLUMNS}
              FROM sums s JOIN project p ON p.id = s.project_id
             ORDER BY s.raised_minor + s.matched_minor DESC, s.project_id LIMIT :size OFFSET :offset""",
        campaign=campaign_id,
        size=page.size,
        offset=page.offset,
    )
    figures = [ProjectFigures(row.project_id, row.code, row.name, Figures._make(row[4:])) for row in rows]
    return figures, rows[0].number if rows else 0


def of_project(tx: Tx, campaign_id: int, project_id: int) -> Figures:
    """Return the money of a project in a campaign."""
    sql = f"{_PER_PROJECT} SELECT {_COLUMNS} FROM sums s WHERE s.project_id = :project"
    rows = tx.rows_as(Figures, sql, campaign=campaign_id, project=project_id)
    return rows[0] if rows else Figures()


def outcomes(tx: Tx, plan_ids: Collection[int]) -> dict[int, Outcomes]:
    """Return plan -> the outcomes of its payments, for those plans that have open or failed ones. A sent plan
    without open ones is finished."""
    sql = """SELECT plan_id, count(*) FILTER (WHERE state = 'sent') AS open,
                    count(*) FILTER (WHERE state IN ('returned', 'withdrawn')) AS failed
               FROM remittance WHERE plan_id = ANY(:plans) GROUP BY plan_id"""
    rows = tx.rows(sql, plans=list(plan_ids))
    return {row.plan_id: Outcomes(row.open, row.failed) for row in rows if row.open or row.failed}
