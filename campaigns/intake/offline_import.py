"""Import donations received offline (bank transfer, cash box) and corrections of them: all rows of a file or none.

They are processed like a partner's donations, under the reserved name `offline`: kept in the inbox, once per
reference, matched by time of payment, and reconciled with the bank by `import-statement offline FILE`. A correction
becomes a partner's refund event with a new refunded total, so money and match follow.
"""

from datetime import timedelta
from typing import Any

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation, ImportPlan, Sum
from campaigns.intake.offline_checks import check, held, load_earlier, moments, outside, spelt_as_before
from campaigns.intake.offline_file import OfflineFile, OfflineRow, read
from campaigns.intake.offline_limits import above_limits, count_day, most_minor
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, Fault, fault
from kernel.money import CURRENCY
from kernel.tables import Track
from payments.inbox.inbox import store
from payments.messages import message
from payments.models import Partner
from payments.partners.partner_events import OFFLINE, PAID, REFUNDED
from payments.partners.partners import ensure_offline

SOURCE = f"partner:{OFFLINE}"
BATCH = 1_000  # messages per statement


def import_donations(
    tx: Tx, deps: Dependencies, data: bytes | str, actor: str, confirmation: Confirmation | None = None
) -> int:
    """Import a file of offline donations and corrections; return how many rows were new. Idempotent.

    Raises Invalid `import_invalid` for all faults that `plan_donations` finds, and Conflict `donation_id_reused`
    for references that belong to another donation.
    """
    confirmation = confirmation or Confirmation(actor)
    file = read(data)
    lock(tx)
    return write_donations(tx, deps, plan_donations(tx, deps, file, confirmation), actor, confirmation)


def plan_donations(
    tx: Tx, deps: Dependencies, file: OfflineFile, confirmation: Confirmation, branch_code: str | None = None
) -> ImportPlan[OfflineRow]:
    """Check a file against projects, campaigns and earlier files. Changes nothing.

    With a `branch_code`, all projects must be inside that branch.
    """
    file = file._replace(rows=spelt_as_before(tx, SOURCE, file.rows))
    earlier = load_earlier(tx, deps.keys, SOURCE, file.rows)
    contradictions = {
        f"line {row.line}.reference": fault("reference_used", before=earlier.describe(row.reference))
        for row in file.rows
        if row.reference in earlier.events and not earlier.agrees(row)
    }
    new = tuple(row for row in file.rows if row.reference not in earlier.events)
    return ImportPlan(
        kind="donations",
        table=file.table,
        new=new,
        sums=_sums(file, new),
        skipped=file.table.skipped,
        times=tuple(row.paid.at for row in file.rows),
        faults={**file.faults, **check(tx, new, file.rows, earlier), **outside(tx, file.rows, branch_code)},
        warnings=held(tx, new),
        contradictions=contradictions,
        questions=_unconfirmed(tx, deps, new, confirmation),
        contradiction_code="donation_id_reused",
    )


def write_donations(
    tx: Tx,
    deps: Dependencies,
    plan: ImportPlan[OfflineRow],
    actor: str,
    confirmation: Confirmation,
    track: Track = iter,
) -> int:
    """Store the new rows of a plan that was made after `lock`; return how many. Raises as `require_sound`."""
    plan.require_sound()
    messages = [message(SOURCE, event["id"], event, compare=True) for event in _events(tx, deps, plan)]
    parts = [messages[start : start + BATCH] for start in range(0, len(messages), BATCH)]
    stored = [store(tx, deps.keys, part) for part in track(parts)]
    if any(part.conflicting for part in stored):
        raise Conflict("donation_id_reused")
    count_day(tx, plan.new)
    _audit(tx, deps, plan, actor, confirmation)
    return sum(part.new for part in stored)


def _sums(file: OfflineFile, new: tuple[OfflineRow, ...]) -> tuple[Sum, ...]:
    fresh = {row.reference for row in new}
    parts = {
        "gifts": [row for row in new if not row.corrects],
        "corrections": [row for row in new if row.corrects],
        "known": [row for row in file.rows if row.reference not in fresh],
    }
    return tuple(Sum(name, len(rows), sum(row.amount_minor for row in rows)) for name, rows in parts.items())


def _unconfirmed(
    tx: Tx, deps: Dependencies, rows: tuple[OfflineRow, ...], confirmation: Confirmation
) -> dict[str, Fault]:
    """Return what must be confirmed before the import: donations above a limit, and corrections."""
    confirmed = confirmation.large and confirmation.reason.strip()
    faults = {} if confirmed else above_limits(tx, deps, rows)
    second = confirmation.confirmed_by.strip()
    for row in rows:
        if row.corrects and not (row.reason or confirmation.reason).strip():
            faults[f"line {row.line}.reason"] = fault("correction_reason")
        if row.corrects and (not second or second == confirmation.entered_by):
            faults[f"line {row.line}"] = fault("second_person")
    return faults


def lock(tx: Tx) -> None:
    """Register the reserved partner and lock it. It has no signing secret and so cannot send webhooks.

    The lock makes imports wait for each other, because a correction counts the corrections before it.
    """
    ensure_offline(tx, "线下捐赠")
    tx.get(Partner, OFFLINE, lock=True)


def _events(tx: Tx, deps: Dependencies, plan: ImportPlan[OfflineRow]) -> list[dict[str, Any]]:
    """Return the new rows as partner events."""
    paid_at = moments(tx, [row for row in plan.new if not row.corrects])
    totals = dict(load_earlier(tx, deps.keys, SOURCE, plan.new).taken_back)
    events: list[dict[str, Any]] = []
    for number, row in enumerate(plan.new):
        if not row.corrects:
            events.append(_gift(row, paid_at[row.line].astimezone(SHANGHAI).isoformat()))
            continue
        totals[row.corrects] = totals.get(row.corrects, 0) - row.amount_minor
        # Of two totals the later one counts, so each total gets a time of its own.
        told_at = tx.now + timedelta(microseconds=number)
        events.append(_correction(row, totals[row.corrects], told_at.isoformat()))
    return events


def _gift(row: OfflineRow, paid_at: str) -> dict[str, Any]:
    minor = {"minor": {"age": row.age, "guardian": True}} if row.age else {}
    return {
        "id": row.reference,
        "type": PAID,
        "occurred_at": paid_at,
        "data": {
            "donation_id": row.reference,
            "project_code": row.project_code,
            "amount_minor": row.amount_minor,
            "currency": CURRENCY,
            "paid_at": paid_at,
            "donor": {"key": row.donor or row.reference, "name": row.donor_name},
            **minor,
        },
    }


def _correction(row: OfflineRow, total_minor: int, told_at: str) -> dict[str, Any]:
    return {
        "id": row.reference,
        "type": REFUNDED,
        "occurred_at": told_at,
        "data": {"donation_id": row.corrects, "amount_minor": total_minor, "currency": CURRENCY},
        "correction": {"amount_minor": row.amount_minor, "project_code": row.project_code},
    }


def _audit(
    tx: Tx, deps: Dependencies, plan: ImportPlan[OfflineRow], actor: str, confirmation: Confirmation
) -> None:
    """Record who entered and who confirmed the file, each correction and each donation above its limit."""
    by = {"entered_by": confirmation.entered_by, "confirmed_by": confirmation.confirmed_by}
    gifts = [row for row in plan.new if not row.corrects]
    corrections = [row for row in plan.new if row.corrects]
    sums = {"donations": len(gifts), "amount_minor": sum(row.amount_minor for row in gifts)}
    record_audit(tx, actor, "donations.import", SOURCE, **sums, corrections=len(corrections), **by)
    for row in corrections:
        record_audit(
            tx,
            actor,
            "donations.correct",
            f"{SOURCE}:{row.corrects}",
            reference=row.reference,
            amount_minor=row.amount_minor,
            reason=row.reason or confirmation.reason,
            **by,
        )
    for row in gifts:
        if row.amount_minor > most_minor(deps, row):
            detail = {"amount_minor": row.amount_minor, "reason": confirmation.reason}
            record_audit(tx, actor, "donations.allow_large", f"{SOURCE}:{row.reference}", **detail, **by)
