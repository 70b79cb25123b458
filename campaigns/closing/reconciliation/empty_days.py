"""Days for which a partner reports that its bill has no lines. An empty file would not do: any empty file would
look like a delivered bill."""

import re
from datetime import date, datetime, time, timedelta

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.import_statement import partner_name
from campaigns.closing.reconciliation.reconcile import compare
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from payments.gateway import DONORS_MONEY
from payments.models import EmptyBillDay, ProviderLine

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # begins the reference of a difference about a day


def awaited_day(tx: Tx, discrepancy_id: int) -> tuple[str, date]:
    """Return the provider and day of a missing bill. Raises NotFound `discrepancy_unknown` for any other
    difference."""
    row = tx.get(Discrepancy, discrepancy_id)
    if row is None or (day := day_awaited(row)) is None:
        raise NotFound("discrepancy_unknown")
    return row.provider, day


def day_awaited(row: Discrepancy) -> date | None:
    """Return the day of the missing bill that a difference is about; None if it is about no single day."""
    match = _DAY.match(row.reference)
    return date.fromisoformat(match[0]) if match and row.cause == "missing_statement" else None


def require_over(tx: Tx, day: date) -> None:
    """Raise Invalid `day_invalid` unless a day in Shanghai is over."""
    if datetime.combine(day, time(), SHANGHAI) + timedelta(days=1) > tx.now:
        raise Invalid("day_invalid", fields={"day": fault("in_the_future")})


def record_empty_day(tx: Tx, partner: str, day: date, actor: str) -> EmptyBillDay:
    """Record that a partner's bill for a day (in Shanghai) has no donors' money, and compare the books with that:
    each gift that we know of that day becomes a difference. Fees and payouts of that day do not contradict it.
    Idempotent.

    Raises NotFound `partner_unknown`, Invalid `statement_by_api`, Invalid `day_invalid` for a day that is not over,
    Conflict `bill_day_has_lines`.
    """
    provider = f"partner:{partner_name(tx, partner)}"
    require_over(tx, day)
    begins = datetime.combine(day, time(), SHANGHAI)
    ends = begins + timedelta(days=1)
    recorded = tx.get(EmptyBillDay, (provider, day))
    if recorded is not None:
        return recorded
    of_day = col(ProviderLine.occurred_at).between(begins, ends - timedelta(microseconds=1))
    of_donors = col(ProviderLine.kind).in_(DONORS_MONEY)
    chosen = (
        select(func.count()).select_from(ProviderLine).where(ProviderLine.provider == provider, of_day, of_donors)
    )
    if lines := tx.first(chosen):
        raise Conflict("bill_day_has_lines", lines=lines)
    recorded = tx.add(EmptyBillDay(provider=provider, day=day, said_at=tx.now, said_by=actor))
    record_audit(tx, actor, "statement.empty_day", f"provider:{provider.removeprefix('partner:')}", day=str(day))
    compare(tx)
    return recorded
