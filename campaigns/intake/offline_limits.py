"""The limits above which an import of offline donations needs confirmation: per donation, per day in sum, and by
age.

A day is the day in Shanghai of the import. Every import holds the lock of the reserved partner, so imports count
one after the other.
"""

from collections.abc import Sequence
from datetime import timedelta

from campaigns.dependencies import Dependencies
from campaigns.intake.offline_file import OfflineRow
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Fault, fault
from payments.models import PartnerDay
from payments.partners.partner_events import OFFLINE


def above_limits(tx: Tx, deps: Dependencies, rows: Sequence[OfflineRow]) -> dict[str, Fault]:
    """Return the faults of new rows above a limit. For the daily sum, only the first row beyond it has one."""
    limits = deps.limits
    gifts = [row for row in rows if not row.corrects]
    oldest = tx.now - timedelta(days=limits.offline_age_most_days)
    faults = {
        f"line {row.line}.paid_at": fault("unusually_old", most_days=limits.offline_age_most_days)
        for row in gifts
        if row.paid.until <= oldest
    }
    day = tx.get(PartnerDay, (OFFLINE, local_day(tx.now)))
    sum_minor = day.amount_minor if day else 0
    for row in gifts:
        before, sum_minor = sum_minor, sum_minor + row.amount_minor
        if before <= limits.offline_day_most_minor < sum_minor:
            faults[f"line {row.line}.amount_yuan"] = fault(
                "unusual_day", most_minor=limits.offline_day_most_minor, day_minor=sum_minor
            )
    return faults | {
        f"line {row.line}.amount_yuan": (
            fault("minor_large", most_minor=most) if row.age else fault("unusually_large", most_minor=most)
        )
        for row in gifts
        if row.amount_minor > (most := most_minor(deps, row))
    }


def most_minor(deps: Dependencies, row: OfflineRow) -> int:
    """Return the most (fen) that a row may bring in without confirmation; a donor under age has a lower limit."""
    most = deps.limits.offline_maximum_minor
    return min(most, deps.limits.minor_most_minor) if row.age else most


def count_day(tx: Tx, rows: Sequence[OfflineRow]) -> None:
    """Add the donations of an import to the day's count."""
    gifts = [row for row in rows if not row.corrects]
    today = local_day(tx.now)
    day = tx.get(PartnerDay, (OFFLINE, today)) or PartnerDay(
        partner=OFFLINE, day=today, amount_minor=0, donations=0
    )
    day.amount_minor += sum(row.amount_minor for row in gifts)
    day.donations += len(gifts)
    tx.add(day)
