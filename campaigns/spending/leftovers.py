"""Ended projects with money left: the list that the surplus rule is applied to."""

from typing import NamedTuple

from campaigns.projects.states import ENDED
from kernel.db import Tx
from kernel.paging import FIRST_PAGE, Page
from ledger.chart import PAID_OUT


class Surplus(NamedTuple):
    """An ended project with money left, in fen: what the host still has of it, and what was paid out and not
    spent."""

    project_id: int
    code: str
    name: str
    status: str
    held_minor: int
    unspent_minor: int


def surpluses(tx: Tx, branch: str | None = None, page: Page = FIRST_PAGE) -> tuple[list[Surplus], int]:
    """Return one page of the ended projects of a branch with money left, largest sum first, and how many there
    are."""
    rows = tx.rows(
        """WITH ended AS (
               SELECT id, code, name, status FROM project
                WHERE status = ANY(:ended)
                  AND (CAST(:branch AS text) IS NULL OR lineage @> ARRAY[CAST(:branch AS text)])),
           held AS (
               SELECT b.project_id, sum(b.balance_minor) AS minor
                 FROM share_balance b JOIN ended e ON e.id = b.project_id
                WHERE b.kind = ANY(:kinds) GROUP BY 1),
           paid AS (
               SELECT s.project_id, sum(s.amount_minor) AS minor
                 FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id
                 JOIN ended e ON e.id = s.project_id
                WHERE r.state = 'paid' AND s.share = 'share_project' GROUP BY 1),
           back AS (
               SELECT u.project_id, sum(u.amount_minor) AS minor
                 FROM surplus_return u JOIN ended e ON e.id = u.project_id GROUP BY 1),
           spent AS (
               SELECT s.project_id, sum(s.amount_minor) AS minor
                 FROM spending s JOIN ended e ON e.id = s.project_id WHERE s.state = 'checked' GROUP BY 1),
           sums AS (
               SELECT e.*, CAST(coalesce(h.minor, 0) AS bigint) AS held_minor,
                      CAST(greatest(coalesce(p.minor, 0) - coalesce(b.minor, 0) - coalesce(s.minor, 0), 0)
                           AS bigint) AS unspent_minor
                 FROM ended e LEFT JOIN held h ON h.project_id = e.id LEFT JOIN paid p ON p.project_id = e.id
                 LEFT JOIN back b ON b.project_id = e.id LEFT JOIN spent s ON s.project_id = e.id)
           SELECT id AS project_id, code, name, status, held_minor, unspent_minor, count(*) OVER () AS number
             FROM sums WHERE held_minor + unspent_minor > 0
            ORDER BY held_minor + unspent_minor DESC, id LIMIT :size OFFSET :offset""",
        ended=[str(status) for status in ENDED],
        kinds=[str(kind) for kind in PAID_OUT],
        branch=branch,
        size=page.size,
        offset=page.offset,
    )
    return [Surplus(*row[:-1]) for row in rows], rows[0].number if rows else 0
