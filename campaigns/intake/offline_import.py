"""Import donations received offline (bank transfer, cash box), and corrections of them: all rows of a file or none.

They are processed like a partner's donations, under the reserved name `offline`: kept in the inbox, once per
reference, matched by the time of payment, and reconciled with the bank by `import-statement offline FILE`. A
correction becomes what a partner tells of a refund: a new total of what went back, so money and match follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.intake.offline_checks import Earlier, check, load_earlier, moments
from campaigns.intake.offline_file import OfflineFile, OfflineRow, read
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import CURRENCY
from payments.inbox import store
from payments.messages import message
from payments.models import Partner
from payments.partner_events import OFFLINE, PAID, REFUNDED
from payments.partners import create, known

SOURCE = f"partner:{OFFLINE}"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who stands for a file: who entered it, and who confirmed what is asked about, with the reason.

    `large`: gifts above the maximum are right. `reason` also stands for corrections whose row has none.
    """

    entered_by: str
    confirmed_by: str = ""
    reason: str = ""
    large: bool = False


class OfflinePlan(NamedTuple):
    """What an import of a file would do: new rows, and everything that is wrong. Nothing is stored."""

    file: OfflineFile
    new: tuple[OfflineRow, ...]
    earlier: Earlier
    faults: Mapping[str, Fault]
    contradictions: Mapping[str, Fault]  # references that stand for another donation


def import_donations(
    tx: Tx, deps: Dependencies, data: bytes | str, actor: str, confirmation: Confirmation | None = None
) -> int:
    """Import a file of offline donations and corrections and return how many rows were new. Idempotent.

    Raises Invalid `import_invalid` for everything that `plan_import` finds wrong, and Conflict `donation_id_reused`
    for references that stand for another donation.
    """
    confirmation = confirmation or Confirmation(actor)
    _register(tx, deps)
    plan = plan_import(tx, deps, data, confirmation)
    if plan.faults:
        raise Invalid("import_invalid", fields=plan.faults)
    if plan.contradictions:
        raise Conflict("donation_id_reused", fields=plan.contradictions)
    events = _events(tx, plan)
    stored = store(tx, [message(SOURCE, event["id"], event, compare=True) for event in events])
    if stored.conflicting:
        raise Conflict("donation_id_reused")
    _audit(tx, deps, plan, actor, confirmation)
    return stored.new


def plan_import(tx: Tx, deps: Dependencies, data: bytes | str, confirmation: Confirmation) -> OfflinePlan:
    """Read a file and check it against projects, campaigns and earlier files; change nothing.

    Raises Invalid `import_invalid` for what is no table.
    """
    file = read(data)
    earlier = load_earlier(tx, SOURCE, file.rows)
    contradictions = {
        f"line {row.line}.reference": fault("reference_used", before=earlier.describe(row.reference))
        for row in file.rows
        if row.reference in earlier.events and not earlier.agrees(row)
    }
    new = tuple(row for row in file.rows if row.reference not in earlier.events)
    faults = {**file.faults, **check(tx, new, file.rows, earlier), **_unconfirmed(deps, new, confirmation)}
    return OfflinePlan(file, new, earlier, _by_line(faults), contradictions)


def _by_line(faults: Mapping[str, Fault]) -> dict[str, Fault]:
    return dict(sorted(faults.items(), key=lambda item: int(item[0].removeprefix("line ").split(".")[0])))


def _unconfirmed(deps: Dependencies, rows: tuple[OfflineRow, ...], confirmation: Confirmation) -> dict[str, Fault]:
    """Return what must be confirmed before the import: unusually large gifts, and corrections."""
    most = deps.limits.offline_maximum_minor
    confirmed = confirmation.large and confirmation.reason.strip()
    faults = {
        f"line {row.line}.amount_yuan": fault("unusually_large", most_minor=most)
        for row in rows
        if row.amount_minor > most and not confirmed
    }
    second = confirmation.confirmed_by.strip()
    for row in rows:
        if row.corrects and not (row.reason or confirmation.reason).strip():
            faults[f"line {row.line}.reason"] = fault("correction_reason")
        if row.corrects and (not second or second == confirmation.entered_by):
            faults[f"line {row.line}"] = fault("second_person")
    return faults


def _register(tx: Tx, deps: Dependencies) -> None:
    """Register the reserved partner; its signing secret is shown to nobody, so it cannot send webhooks. Locks it:
    imports wait for each other, because a correction counts those before it."""
    try:
        known(tx, OFFLINE)
    except NotFound:
        create(tx, deps.keys, OFFLINE, "线下捐赠")
    tx.get(Partner, OFFLINE, lock=True)


def _events(tx: Tx, plan: OfflinePlan) -> list[dict[str, Any]]:
    """The new rows in the shape of a partner's events."""
    paid_at = moments(tx, [row for row in plan.new if not row.corrects])
    totals = dict(plan.earlier.taken_back)
    events: list[dict[str, Any]] = []
    for number, row in enumerate(plan.new):
        if not row.corrects:
            events.append(_gift(row, paid_at[row.line].astimezone(SHANGHAI).isoformat()))
            continue
        totals[row.corrects] = totals.get(row.corrects, 0) - row.amount_minor
        # Of two totals the later one counts: no two of them are told at the same moment.
        told_at = tx.now + timedelta(microseconds=number)
        events.append(_correction(row, totals[row.corrects], told_at.isoformat()))
    return events


def _gift(row: OfflineRow, paid_at: str) -> dict[str, Any]:
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


def _audit(tx: Tx, deps: Dependencies, plan: OfflinePlan, actor: str, confirmation: Confirmation) -> None:
    """Record who entered and who confirmed: the file, each correction and each unusually large gift."""
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
        if row.amount_minor > deps.limits.offline_maximum_minor:
            detail = {"amount_minor": row.amount_minor, "reason": confirmation.reason}
            record_audit(tx, actor, "donations.allow_large", f"{SOURCE}:{row.reference}", **detail, **by)
