"""Open cases that belong together, because they share a signal, a project and, for signals about equal sums, the
sum."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.screening.cases import views
from kernel.db import Tx
from kernel.keys import Keys
from kernel.paging import Page

_EQUAL_SUMS = ("same_sum", "unit_burst")


class BurstKey(NamedTuple):
    """The common properties of a burst's cases. `amount_minor` (fen) is 0 where their sums may differ."""

    code: str
    project_id: int
    amount_minor: int


class CaseBurst(NamedTuple):
    """The totals of the open cases of a burst (fen). `taken`: how many of them somebody works on."""

    code: str
    project_id: int
    amount_minor: int
    project_name: str
    cases: int
    taken: int
    given_minor: int
    held_minor: int
    first_paid_at: datetime
    last_paid_at: datetime
    opened_at: datetime

    @property
    def key(self) -> BurstKey:
        return BurstKey(self.code, self.project_id, self.amount_minor)


_OPEN = f"""
    SELECT c.id, c.held_minor, c.opened_at, d.project_id, p.name AS project_name, d.amount_minor AS given_minor,
           d.paid_at, c.signals -> 0 ->> 'code' AS code,
           CASE WHEN c.signals -> 0 ->> 'code' IN {_EQUAL_SUMS} THEN d.amount_minor ELSE 0 END AS amount_minor
      FROM screening_case c JOIN donation d ON d.id = c.donation_id JOIN project p ON p.id = d.project_id
     WHERE c.campaign_id = :campaign AND c.state = 'open'
       AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])"""
_OF_BURST = "code = :code AND project_id = :project AND amount_minor = :amount"


def list_bursts(
    tx: Tx, campaign_id: int, branch: str | None, page: Page, taken: Sequence[int] = ()
) -> tuple[list[CaseBurst], int]:
    """Return a page of bursts, the largest first, and their total number. With `branch`, only projects in it
    count. `taken`: the cases that somebody works on."""
    rows = tx.rows_as(
        CaseBurst,
        f"""SELECT code, project_id, amount_minor, max(project_name) AS project_name, count(*) AS cases,
                   count(*) FILTER (WHERE id = ANY(CAST(:taken AS bigint[]))) AS taken,
                   CAST(sum(given_minor) AS bigint) AS given_minor, CAST(sum(held_minor) AS bigint) AS held_minor,
                   min(paid_at) AS first_paid_at, max(paid_at) AS last_paid_at, min(opened_at) AS opened_at
              FROM ({_OPEN}) AS o GROUP BY code, project_id, amount_minor
             ORDER BY count(*) DESC, min(opened_at), code, project_id, amount_minor LIMIT :size OFFSET :offset""",
        campaign=campaign_id,
        branch=branch,
        taken=list(taken),
        size=page.size,
        offset=page.offset,
    )
    total = tx.scalar(
        f"SELECT count(*) FROM (SELECT DISTINCT code, project_id, amount_minor FROM ({_OPEN}) AS o) AS b",
        campaign=campaign_id,
        branch=branch,
    )
    return rows, int(total)


def case_ids(tx: Tx, campaign_id: int, key: BurstKey, branch: str | None) -> list[int]:
    """Return the ids of the open cases of a burst, in ascending order."""
    rows = tx.rows(
        f"SELECT id FROM ({_OPEN}) AS o WHERE {_OF_BURST} ORDER BY id",
        campaign=campaign_id,
        branch=branch,
        code=key.code,
        project=key.project_id,
        amount=key.amount_minor,
    )
    return [int(row.id) for row in rows]


def burst_views(tx: Tx, keys: Keys, ids: Sequence[int], page: Page) -> list[dict[str, Any]]:
    """Return a page of the cases of a burst with their donations."""
    return views(tx, keys, page.slice(list(ids)))


def open_ids(tx: Tx, campaign_id: int, ids: Sequence[int], branch: str | None) -> list[int]:
    """Return those of these ids that are open cases of the campaign. With `branch`, only projects in it count."""
    rows = tx.rows(
        f"SELECT id FROM ({_OPEN}) AS o WHERE id = ANY(:ids) ORDER BY id",
        campaign=campaign_id,
        branch=branch,
        ids=list(ids),
    )
    return [int(row.id) for row in rows]
