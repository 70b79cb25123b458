"""The outcome of single remittances: paid, by the bank's statement or with evidence; refused; returned."""

from collections.abc import Mapping
from datetime import date

from campaigns.audit import record_audit
from campaigns.payouts.models import Remittance, RemittanceState
from campaigns.payouts.plans import move
from campaigns.payouts.postings import transfers, transfers_of
from campaigns.reasons import require_one_line_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.text import text_fault
from ledger.kinds import TransferKind
from ledger.post import post

MOST_REFERENCE = 100


def find_remittance(tx: Tx, remittance_id: int, *, lock: bool = False) -> Remittance:
    """Return a remittance. Raises NotFound `remittance_unknown`."""
    row = tx.get(Remittance, remittance_id, lock=lock)
    if row is None:
        raise NotFound("remittance_unknown")
    return row


def mark_paid(tx: Tx, remittance_id: int, reference: str, paid_on: date, evidence: str, actor: str) -> Remittance:
    """Record that the bank paid a remittance: the bank's number of the payment, the day, and where that was seen.

    A repeated call changes nothing. Posts to the ledger. Raises NotFound `remittance_unknown`, Conflict
    `remittance_state`, Invalid `remittance_invalid`.
    """
    faults = {
        name: refused
        for name, text, most in (("reference", reference, MOST_REFERENCE), ("evidence", evidence, 500))
        if (refused := text_fault(text, most))
    }
    if paid_on > local_day(tx.now):
        faults["paid_on"] = fault("in_the_future")
    if faults:
        raise Invalid("remittance_invalid", fields=faults)
    row = find_remittance(tx, remittance_id, lock=True)
    if row.state == RemittanceState.PAID and (row.reference, row.paid_on) == (reference, paid_on):
        return row
    _require(row, RemittanceState.SENT)
    row.reference, row.paid_on, row.evidence = reference, paid_on, evidence
    return _change_state(tx, row, RemittanceState.PAID, actor, "remittance.paid", TransferKind.REMITTANCE_PAID)


def refuse(tx: Tx, remittance_id: int, reason: str, actor: str) -> Remittance:
    """Record that the bank did not pay a remittance, and return its money to its shares. Posts to the ledger.

    Raises NotFound `remittance_unknown`, Conflict `remittance_state`, Invalid `reason_invalid`.
    """
    require_one_line_reason(reason)
    row = find_remittance(tx, remittance_id, lock=True)
    _require(row, RemittanceState.SENT)
    row.reason = reason
    kind = TransferKind.REMITTANCE_WITHDRAWN
    return _change_state(tx, row, RemittanceState.WITHDRAWN, actor, "remittance.refused", kind)


def refuse_together(tx: Tx, reasons: Mapping[int, str], actor: str) -> None:
    """Record that the bank did not pay these remittances (id -> reason), as `refuse` does for one. Posts to the
    ledger. Raises Conflict `remittance_state`, Invalid `reason_invalid`."""
    rows = [find_remittance(tx, id_, lock=True) for id_ in sorted(reasons)]
    for row in rows:
        _require(row, RemittanceState.SENT)
        require_one_line_reason(reasons[row.id or 0])
        row.reason = reasons[row.id or 0]
        about = {"amount_minor": row.amount_minor, "reason": row.reason}
        record_audit(tx, actor, "remittance.refused", f"remittance:{row.id}", **about)
    move(tx, rows, RemittanceState.WITHDRAWN, actor)
    post(tx, transfers_of(tx, [row.id or 0 for row in rows], TransferKind.REMITTANCE_WITHDRAWN))


def mark_returned(tx: Tx, remittance_id: int, returned_on: date, reason: str, actor: str) -> Remittance:
    """Record that the money of a paid remittance came back, on the day of the bank's statement. The next plan
    includes it again.

    A repeated call changes nothing. Posts to the ledger. Raises as `refuse`, and Invalid `remittance_invalid` for a
    day before the payment or in the future.
    """
    require_one_line_reason(reason)
    row = find_remittance(tx, remittance_id, lock=True)
    if row.state == RemittanceState.RETURNED and (row.reason, row.returned_on) == (reason, returned_on):
        return row
    _require(row, RemittanceState.PAID)
    if refused := _return_fault(row, returned_on, local_day(tx.now)):
        raise Invalid("remittance_invalid", fields={"returned_on": refused})
    row.reason, row.returned_on = reason, returned_on
    kind = TransferKind.REMITTANCE_RETURNED
    return _change_state(tx, row, RemittanceState.RETURNED, actor, "remittance.returned", kind)


def _return_fault(row: Remittance, returned_on: date, today: date) -> Fault | None:
    if returned_on > today:
        return fault("in_the_future")
    return fault("before_payment") if row.paid_on and returned_on < row.paid_on else None


def _require(row: Remittance, state: RemittanceState) -> None:
    if row.state != state:
        raise Conflict("remittance_state", state=row.state)


def _change_state(
    tx: Tx, row: Remittance, state: RemittanceState, actor: str, action: str, kind: TransferKind
) -> Remittance:
    assert row.id is not None
    move(tx, [row], state, actor)
    record_audit(tx, actor, action, f"remittance:{row.id}", amount_minor=row.amount_minor, reason=row.reason)
    post(tx, transfers(tx, row.plan_id, kind, row.id))
    return row
