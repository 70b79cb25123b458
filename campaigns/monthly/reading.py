"""Read monthly statements, and the notices of their corrections."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.monthly.models import MonthlyStatement, StatementCorrection
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.paging import FIRST_PAGE, Page
from kernel.text import is_storable


class StatementRow(NamedTuple):
    """A statement in a list, in fen."""

    organisation: str
    name: str
    level: str
    month: str
    number: int
    received_minor: int
    matched_minor: int
    refunded_minor: int
    closing_minor: int
    hash: str
    corrections: int


class Published(NamedTuple):
    """A statement with its number, hash and time, and its notices of correction."""

    id: int
    number: int
    hash: str
    made_at: datetime
    statement: dict[str, Any]
    corrections: list[StatementCorrection]


_CHOSEN = """(CAST(:month AS text) IS NULL OR s.month = :month)
         AND (CAST(:under AS text) IS NULL OR o.lineage @> ARRAY[CAST(:under AS text)])"""


def statements(
    tx: Tx, month: str | None = None, under: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[StatementRow], int]:
    """Return one page of the statements of a month (None: all) and branch, newest month first, from the city down,
    and how many there are."""
    figures = ", ".join(
        f"CAST(s.statement ->> '{name}' AS bigint) AS {name}"
        for name in ("received_minor", "matched_minor", "refunded_minor", "closing_minor")
    )
    chosen = {"month": month, "under": under}
    rows = tx.rows_as(
        StatementRow,
        f"""SELECT s.organisation_code AS organisation, s.statement ->> 'name' AS name, o.level, s.month, s.number,
                   {figures}, s.hash,
                   (SELECT count(*) FROM statement_correction c WHERE c.statement_id = s.id) AS corrections
              FROM monthly_statement s JOIN organisation o ON o.code = s.organisation_code
             WHERE {_CHOSEN} ORDER BY s.month DESC, o.lineage LIMIT :size OFFSET :skip""",
        **chosen,
        size=page.size,
        skip=page.offset,
    )
    count = f"""SELECT count(*) FROM monthly_statement s JOIN organisation o ON o.code = s.organisation_code
                 WHERE {_CHOSEN}"""
    return rows, int(tx.scalar(count, **chosen))


def published(tx: Tx, organisation: str, month: str) -> Published:
    """Return the statement of a node with its notices of correction. Raises NotFound `statement_unknown`."""
    row = find_statement(tx, organisation, month)
    made_at = tx.scalar("SELECT made_at FROM statement_run WHERE month = :month", month=month)
    notices = select(StatementCorrection).where(StatementCorrection.statement_id == row.id)
    corrections = tx.all(notices.order_by(col(StatementCorrection.id)))
    return Published(row.id or 0, row.number, row.hash, made_at, row.statement, corrections)


def find_statement(tx: Tx, organisation: str, month: str) -> MonthlyStatement:
    """Return the statement of a node. Raises NotFound `statement_unknown`."""
    known = MonthlyStatement.organisation_code == organisation, MonthlyStatement.month == month
    row = tx.first(select(MonthlyStatement).where(*known)) if is_storable(organisation + month) else None
    if row is None:
        raise NotFound("statement_unknown")
    return row


def names_above(tx: Tx, organisation: str, month: str) -> list[str]:
    """Return the names of higher nodes whose statements of a month include that of a node, from the city down."""
    rows = tx.rows(
        """SELECT s.statement ->> 'name' AS name
             FROM monthly_statement s JOIN organisation o ON o.code = s.organisation_code
             JOIN organisation below ON below.code = :organisation AND below.lineage @> ARRAY[o.code]
            WHERE s.month = :month AND o.code <> below.code ORDER BY o.lineage""",
        organisation=organisation,
        month=month,
    )
    return [row.name for row in rows]
