"""What projects received and spent: compared with their budgets, in lists, and what is left."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.projects.budget import rows_of
from campaigns.projects.projects import find
from campaigns.spending.models import Spending, SpendingState
from kernel.db import Tx
from kernel.paging import FIRST_PAGE, Page

_COUNTED = (SpendingState.ENTERED, SpendingState.CHECKED)


class Row(NamedTuple):
    """A budget row with what was spent of it, in fen; "" for spending without a row. `waiting` is not checked
    yet."""

    name: str
    budget_minor: int
    spent_minor: int
    waiting_minor: int

    @property
    def over(self) -> bool:
        """Return whether more was spent than the budget allows."""
        return bool(self.name) and self.spent_minor + self.waiting_minor > self.budget_minor


class Account(NamedTuple):
    """Income and spending of a project over all its campaigns, in fen. `unspent` was paid out and not spent; it is
    negative if the project has spent more than it received."""

    paid_minor: int
    spent_minor: int
    waiting_minor: int
    rows: list[Row]

    @property
    def unspent_minor(self) -> int:
        return self.paid_minor - self.spent_minor


class Published(NamedTuple):
    """A checked spending as the public sees it."""

    spent_on: date
    purpose: str
    budget_row: str
    amount_minor: int


class Line(NamedTuple):
    """A spending as managers see it. `same_photo`: how many other spendings show the same photo."""

    id: int
    project_id: int
    project_name: str
    amount_minor: int
    spent_on: date
    document_no: str
    purpose: str
    budget_row: str
    file_key: str
    state: str
    entered_by: str
    entered_at: datetime
    opinion: str
    decided_by: str
    decided_at: datetime | None
    same_photo: int


def account_of(tx: Tx, project_id: int) -> Account:
    """Return what a project received and spent. Raises NotFound `project_unknown`."""
    project = find(tx, project_id)
    own = select(Spending.budget_row, Spending.state, func.sum(Spending.amount_minor)).where(
        Spending.project_id == project_id, col(Spending.state).in_(_COUNTED)
    )
    sums = {(name, state): int(minor) for name, state, minor in tx.all(own.group_by("budget_row", "state"))}
    budget = {row.name: row.amount_minor for row in rows_of(project.budget)}
    names = [*budget, *sorted({name for name, _state in sums} - set(budget))]
    rows = [
        Row(
            name,
            budget.get(name, 0),
            sums.get((name, SpendingState.CHECKED), 0),
            sums.get((name, SpendingState.ENTERED), 0),
        )
        for name in names
    ]
    spent_minor, waiting_minor = sum(row.spent_minor for row in rows), sum(row.waiting_minor for row in rows)
    return Account(paid_of(tx, project_id), spent_minor, waiting_minor, rows)


def paid_of(tx: Tx, project_id: int, campaign_id: int | None = None) -> int:
    """Return what was paid out for a project in a campaign (None: in all) and not returned, in fen."""
    return int(
        tx.scalar(
            """SELECT coalesce(sum(s.amount_minor), 0)
                      - coalesce((SELECT sum(u.amount_minor) FROM surplus_return u
                                   WHERE u.project_id = :project
                                     AND (CAST(:campaign AS bigint) IS NULL OR u.campaign_id = :campaign)), 0)
                 FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id
                 JOIN payout_plan l ON l.id = r.plan_id
                WHERE s.project_id = :project AND s.share = 'share_project' AND r.state = 'paid'
                  AND (CAST(:campaign AS bigint) IS NULL OR l.campaign_id = :campaign)""",
            project=project_id,
            campaign=campaign_id,
        )
    )


def published(tx: Tx, project_id: int, most: int = 100) -> list[Published]:
    """Return the checked spendings of a project, newest first."""
    own = (
        select(Spending)
        .where(Spending.project_id == project_id, Spending.state == SpendingState.CHECKED)
        .order_by(col(Spending.spent_on).desc(), col(Spending.id).desc())
    )
    return [
        Published(row.spent_on, row.purpose, row.budget_row, row.amount_minor) for row in tx.all(own.limit(most))
    ]


def listed(
    tx: Tx,
    project_id: int | None = None,
    branch: str | None = None,
    state: str | None = None,
    page: Page = FIRST_PAGE,
) -> tuple[list[Line], int]:
    """Return one page of spendings, waiting ones first, then the newest, and how many there are."""
    rows = tx.rows(
        """SELECT s.id, s.project_id, p.name AS project_name, s.amount_minor, s.spent_on, s.document_no, s.purpose,
                  s.budget_row, s.file_key, s.state, s.entered_by, s.entered_at, s.opinion, s.decided_by,
                  s.decided_at,
                  CASE WHEN s.content_hash = '' THEN 0
                       ELSE (SELECT count(*) - 1 FROM spending o WHERE o.content_hash = s.content_hash
                                AND o.content_hash <> '' AND o.state <> 'withdrawn') END AS same_photo,
                  count(*) OVER () AS total
             FROM spending s JOIN project p ON p.id = s.project_id
            WHERE (CAST(:project AS bigint) IS NULL OR s.project_id = :project)
              AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])
              AND (CAST(:state AS text) IS NULL OR s.state = :state)
            ORDER BY s.state <> 'entered', s.id DESC LIMIT :size OFFSET :offset""",
        project=project_id,
        branch=branch,
        state=state,
        size=page.size,
        offset=page.offset,
    )
    return [Line(*row[:-1]) for row in rows], rows[0].total if rows else 0
