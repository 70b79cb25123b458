"""Accounting periods: calendar months in Shanghai. A closed period never changes; later bookings go to the next
one."""

from datetime import date, timedelta

from sqlmodel import col, select

from campaigns.accounting.models import AccountingPeriod, Voucher
from campaigns.audit import record_audit
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault


def period_of(day: date) -> str:
    """Return the period of a day, such as '2026-09'."""
    return f"{day:%Y-%m}"


def first_day(period: str) -> date:
    """Return the first day of a period. Raises Invalid `period_invalid`."""
    try:
        day = date.fromisoformat(f"{period}-01")
    except ValueError:
        raise Invalid("period_invalid", fields={"period": fault("not_a_month")}) from None
    if period_of(day) != period:
        raise Invalid("period_invalid", fields={"period": fault("not_a_month")})
    return day


def last_day(period: str) -> date:
    """Return the last day of a period. Raises Invalid `period_invalid`."""
    return first_day(following(period)) - timedelta(days=1)


def following(period: str) -> str:
    """Return the period after this one. Raises Invalid `period_invalid`."""
    return period_of(first_day(period) + timedelta(days=31))


def dated_on(day: date, closed: frozenset[str]) -> date:
    """Return the date of a voucher: its own day, or the first day of the next open period if its own is closed."""
    period = period_of(day)
    while period in closed:
        period = following(period)
    return day if period == period_of(day) else first_day(period)


def closed_periods(tx: Tx) -> list[AccountingPeriod]:
    """Return the closed periods, newest first."""
    return tx.all(select(AccountingPeriod).order_by(col(AccountingPeriod.period).desc()))


def require_over(tx: Tx, period: str) -> None:
    """Raise Conflict `period_running` unless the month of a period is over."""
    if local_day(tx.now) <= last_day(period):
        raise Conflict("period_running", period=period)


def close(tx: Tx, period: str, actor: str) -> AccountingPeriod:
    """Close a period permanently. Idempotent.

    Locks the table of runs first, as runs do, so that no run creates vouchers of the period meanwhile. Raises
    Invalid `period_invalid`, Conflict `period_running` and, if an earlier period with vouchers is open,
    `period_order`.
    """
    require_over(tx, period)
    tx.run("LOCK TABLE voucher_run IN SHARE ROW EXCLUSIVE MODE")
    existing = tx.get(AccountingPeriod, period)
    if existing is not None:
        return existing
    closed = select(AccountingPeriod.period)
    earlier = select(Voucher.period).where(Voucher.period < period, col(Voucher.period).not_in(closed))
    if (open_one := tx.first(earlier.order_by(Voucher.period))) is not None:
        raise Conflict("period_order", period=open_one)
    record_audit(tx, actor, "accounting.close", f"period:{period}")
    return tx.add(AccountingPeriod(period=period, actor=actor, closed_at=tx.now))
