"""Read vouchers, the transfers behind a voucher, and the trial balance (科目余额表)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.accounting.periods import first_day
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.paging import FIRST_PAGE, Page


class VoucherRow(NamedTuple):
    """A voucher in a list, in fen. `campaign` is the slug, "" if it belongs to none."""

    id: int
    period: str
    word: str
    number: int
    dated_on: date
    occurred_on: date
    kind: str
    campaign: str
    campaign_name: str
    currency: str
    amount_minor: int
    transfers: int
    chart_version: int | None


class LineRow(NamedTuple):
    """A line of a voucher, in fen; one side is zero. `fund`, `pot` and `project_name` are the names of what its
    account belongs to."""

    position: int
    account_kind: str
    code: str
    name: str
    fund: str
    pot: str
    provider: str
    project_code: str
    project_name: str
    debit_minor: int
    credit_minor: int


class JournalRow(NamedTuple):
    """A line together with its voucher, as exported to a file."""

    period: str
    word: str
    number: int
    dated_on: date
    occurred_on: date
    kind: str
    campaign_name: str
    transfers: int
    code: str
    name: str
    fund: str
    pot: str
    provider: str
    project_code: str
    project_name: str
    currency: str
    debit_minor: int
    credit_minor: int


class MovementRow(NamedTuple):
    """A transfer behind a voucher, in fen."""

    id: int
    recorded_at: datetime
    amount_minor: int
    donation_id: UUID | None
    project_code: str
    project_name: str
    debit_kind: str
    credit_kind: str


class BalanceRow(NamedTuple):
    """An account in the trial balance of a period, in fen: debits minus credits before and after it."""

    code: str
    name: str
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


def totals_of(rows: Sequence[BalanceRow]) -> list[BalanceRow]:
    """Return the sums of a trial balance, one row per currency: what was debited equals what was credited."""
    return [_total(currency, rows) for currency in sorted({row.currency for row in rows})]


def _total(currency: str, rows: Sequence[BalanceRow]) -> BalanceRow:
    own = [row for row in rows if row.currency == currency]
    return BalanceRow(
        code="",
        name="",
        currency=currency,
        opening_minor=sum(row.opening_minor for row in own),
        debit_minor=sum(row.debit_minor for row in own),
        credit_minor=sum(row.credit_minor for row in own),
        closing_minor=sum(row.closing_minor for row in own),
    )


_CHOSEN = """(CAST(:period AS text) IS NULL OR v.period = :period)
         AND (CAST(:campaign AS text) IS NULL OR c.slug = :campaign)
         AND (CAST(:kind AS text) IS NULL OR v.kind = :kind)"""
_VOUCHERS = """
    SELECT v.id, v.period, v.word, v.number, v.dated_on, v.occurred_on, v.kind, coalesce(c.slug, '') AS campaign,
           coalesce(c.name, '') AS campaign_name, v.currency, v.amount_minor, v.transfers, v.chart_version
      FROM voucher v LEFT JOIN campaign c ON c.id = v.campaign_id"""
_SIDES = """CASE WHEN l.side = 'debit' THEN l.amount_minor ELSE 0 END AS debit_minor,
           CASE WHEN l.side = 'credit' THEN l.amount_minor ELSE 0 END AS credit_minor"""
_OWNERS = """coalesce(f.name, '') AS fund, coalesce(p.name, '') AS pot, coalesce(l.provider, '') AS provider,
           coalesce(j.code, '') AS project_code, coalesce(j.name, '') AS project_name"""
_OF_LINES = """voucher_line l LEFT JOIN fund f ON f.id = l.fund_id LEFT JOIN pot p ON p.id = l.pot_id
               LEFT JOIN project j ON j.id = l.project_id"""


def vouchers(
    tx: Tx,
    period: str | None = None,
    campaign: str | None = None,
    kind: str | None = None,
    page: Page = FIRST_PAGE,
) -> tuple[list[VoucherRow], int]:
    """Return one page of vouchers, newest number first, and how many there are."""
    chosen = {"period": period, "campaign": campaign, "kind": kind}
    order = "ORDER BY v.period DESC, v.number DESC LIMIT :size OFFSET :skip"
    sql = f"{_VOUCHERS} WHERE {_CHOSEN} {order}"
    rows = tx.rows_as(VoucherRow, sql, **chosen, size=page.size, skip=page.offset)
    return rows, int(tx.scalar(f"SELECT count(*) FROM ({_VOUCHERS} WHERE {_CHOSEN}) AS chosen", **chosen))


def voucher(tx: Tx, voucher_id: int) -> tuple[VoucherRow, list[LineRow]]:
    """Return a voucher and its lines. Raises NotFound `voucher_unknown`."""
    known = 0 < voucher_id <= MOST_ID
    rows = tx.rows_as(VoucherRow, f"{_VOUCHERS} WHERE v.id = :id", id=voucher_id) if known else []
    if not rows:
        raise NotFound("voucher_unknown")
    lines = f"""SELECT l.position, l.account_kind, l.code, l.name, {_OWNERS}, {_SIDES}
                  FROM {_OF_LINES} WHERE l.voucher_id = :id ORDER BY l.position"""
    return rows[0], tx.rows_as(LineRow, lines, id=voucher_id)


def journal(tx: Tx, period: str, size: int = 1_000) -> Iterator[list[JournalRow]]:
    """Yield the lines of a period's vouchers in order, a page at a time. Raises Invalid `period_invalid`."""
    first_day(period)
    return tx.pages(
        JournalRow,
        size,
        f"""SELECT v.period, v.word, v.number, v.dated_on, v.occurred_on, v.kind,
                   coalesce(c.name, '') AS campaign_name, v.transfers, l.code, l.name, {_OWNERS},
                   v.currency, {_SIDES}
              FROM voucher v JOIN {_OF_LINES} ON l.voucher_id = v.id LEFT JOIN campaign c ON c.id = v.campaign_id
             WHERE v.period = :period ORDER BY v.number, l.position""",
        period=period,
    )


def movements(tx: Tx, voucher_id: int, page: Page = FIRST_PAGE) -> tuple[list[MovementRow], int]:
    """Return one page of the transfers summed in a voucher, and how many there are. Raises NotFound
    `voucher_unknown`."""
    head, _lines = voucher(tx, voucher_id)
    rows = tx.rows_as(
        MovementRow,
        """SELECT m.transfer_id AS id, m.recorded_at, m.amount_minor, m.donation_id,
                  coalesce(j.code, '') AS project_code, coalesce(j.name, '') AS project_name,
                  m.debit_kind, m.credit_kind
             FROM voucher v JOIN voucher_run r ON r.id = v.run_id
             JOIN journal_movement m ON m.transfer_id BETWEEN v.first_transfer AND v.last_transfer
                                    AND m.transfer_id > r.after_transfer AND m.transfer_id <= r.last_transfer
                                    AND m.kind = v.kind AND m.currency = v.currency
                                    AND CAST(m.recorded_at AT TIME ZONE 'Asia/Shanghai' AS date) = v.occurred_on
             LEFT JOIN pot d ON d.id = m.debit_pot_id LEFT JOIN pot c ON c.id = m.credit_pot_id
             LEFT JOIN project j ON j.id = m.project_id
            WHERE v.id = :id AND coalesce(m.campaign_id, d.campaign_id, c.campaign_id)
                                 IS NOT DISTINCT FROM v.campaign_id
            ORDER BY m.transfer_id LIMIT :size OFFSET :skip""",
        id=voucher_id,
        size=page.size,
        skip=page.offset,
    )
    return rows, head.transfers


def trial_balance(tx: Tx, period: str) -> list[BalanceRow]:
    """Return the opening, movements and closing of each account in a period. Raises Invalid `period_invalid`."""
    first_day(period)
    return tx.rows_as(
        BalanceRow,
        """SELECT l.code, max(l.name) AS name, v.currency,
                  CAST(coalesce(sum(s.signed) FILTER (WHERE v.period < :period), 0) AS bigint) AS opening_minor,
                  CAST(coalesce(sum(l.amount_minor)
                       FILTER (WHERE v.period = :period AND l.side = 'debit'), 0) AS bigint) AS debit_minor,
                  CAST(coalesce(sum(l.amount_minor)
                       FILTER (WHERE v.period = :period AND l.side = 'credit'), 0) AS bigint) AS credit_minor,
                  CAST(sum(s.signed) AS bigint) AS closing_minor
             FROM voucher v JOIN voucher_line l ON l.voucher_id = v.id
            CROSS JOIN LATERAL (SELECT CASE WHEN l.side = 'debit' THEN l.amount_minor
                                            ELSE -l.amount_minor END AS signed) AS s
            WHERE v.period <= :period GROUP BY l.code, v.currency ORDER BY l.code, v.currency""",
        period=period,
    )
