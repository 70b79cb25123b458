"""Take what a second, different bill of a partner says of a line in the place of what the first one said."""

from collections.abc import Sequence

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.closing.evidence import find_discrepancy
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconcile import compare
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.ids import donation_id_of
from payments.gateway import StatementLine
from payments.models import LineConflict, ProviderLine
from payments.statements import store

PARTNER = "partner:"


def take_second(tx: Tx, discrepancy_id: int, reason: str, actor: str) -> Discrepancy:
    """Let the line that a second bill has count from now on, for a reason. The first one stays stored: lines beside
    it correct it, as those do that a partner sends itself.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing`, Conflict `discrepancy_ended` and
    `second_bill_missing` for a difference of another cause, or of a provider without bills.
    """
    require_reason(reason)
    discrepancy = find_discrepancy(tx, discrepancy_id)
    if discrepancy.state != "open":
        raise Conflict("discrepancy_ended", state=discrepancy.state)
    if not has_second(discrepancy):
        raise Conflict("second_bill_missing")
    kept = tx.all(
        select(LineConflict)
        .where(LineConflict.provider == discrepancy.provider, LineConflict.line_id == discrepancy.reference)
        .order_by(col(LineConflict.id))
        .with_for_update()
    )
    second = kept[-1]
    if second.taken_at is not None:  # somebody else was faster
        raise Conflict("discrepancy_ended", state="matched")
    first = tx.first(
        select(ProviderLine).where(
            ProviderLine.provider == discrepancy.provider, ProviderLine.line_id == discrepancy.reference
        )
    )
    assert first is not None, "lines are kept beside stored ones"
    store(tx, _corrections(first, [row for row in kept if row.taken_at is not None], second))
    second.taken_at = tx.now
    tx.add(second)
    amounts = {"before_minor": discrepancy.ours_minor, "now_minor": second.amount_minor}
    record_audit(tx, actor, "discrepancy.take_second", f"discrepancy:{discrepancy.id}", reason=reason, **amounts)
    compare(tx)
    tx.session.refresh(discrepancy)
    return discrepancy


def has_second(discrepancy: Discrepancy) -> bool:
    """Whether a difference is between two bills of a partner."""
    return discrepancy.cause == "contradiction" and discrepancy.provider.startswith(PARTNER)


def _corrections(first: ProviderLine, taken: Sequence[LineConflict], second: LineConflict) -> list[StatementLine]:
    """Return the lines after which a line counts as the second bill has it. Of the same donation and kind that is
    what it has more or less; else what counted is taken back, and a line of its own says the second."""
    holder: ProviderLine | LineConflict = first
    holder_id = first.line_id
    for row in taken:
        if _moved(holder, row):
            holder_id = _line_id(row)
        holder = row
    # A correction is no line that others correct: what is to be added to it is added to what it corrects.
    corrected = first.corrects if first.corrects and holder_id == first.line_id else holder_id
    if _moved(holder, second):
        back = _line(second, f"{_line_id(second)}-back", holder, -holder.amount_minor, -holder.fee_minor, corrected)
        return [back, _line(second, _line_id(second), second, second.amount_minor, second.fee_minor, None)]
    more_minor, more_fee_minor = second.amount_minor - holder.amount_minor, second.fee_minor - holder.fee_minor
    if not more_minor and not more_fee_minor:
        return []
    return [_line(second, _line_id(second), holder, more_minor, more_fee_minor, corrected)]


def _moved(before: ProviderLine | LineConflict, now: LineConflict) -> bool:
    return (before.kind, before.source_id) != (now.kind, now.source_id)


def _line_id(second: LineConflict) -> str:
    return f"{second.line_id}#second-{second.id}"


def _line(
    second: LineConflict,
    line_id: str,
    about: ProviderLine | LineConflict,
    amount_minor: int,
    fee_minor: int,
    corrects: str | None,
) -> StatementLine:
    partner = about.provider.removeprefix(PARTNER)
    return StatementLine(
        provider=about.provider,
        kind=about.kind,  # type: ignore[arg-type]
        line_id=line_id,
        source_id=about.source_id,
        payment_intent=None,
        donation_id=donation_id_of(partner, about.source_id) if about.source_id else None,
        amount_minor=amount_minor,
        fee_minor=fee_minor,
        currency=about.currency,
        occurred_at=second.occurred_at,
        corrects=corrects,
    )
