"""Replace the contents of a partner's first bill with those of a second, different one: for one line, or for all
lines of a bill together."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.discrepancies import find_open
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.reconciliation.sign_off_together import ShownGroup, open_group, subject_of
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.ids import donation_id_of
from payments.gateway import StatementLine
from payments.models import LineConflict, ProviderLine
from payments.statements import store

PARTNER = "partner:"


def take_second(tx: Tx, discrepancy_id: int, reason: str, actor: str) -> Discrepancy:
    """Let the second bill's version of a line count from now on, for a reason. The first version stays stored;
    additional lines correct it, like those that a partner sends itself.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing`, Conflict `discrepancy_ended` and
    `second_bill_missing` for a difference of another cause, or of a provider without bills.
    """
    require_reason(reason)
    discrepancy = find_open(tx, discrepancy_id)
    _take(tx, [discrepancy])
    amounts = {"before_minor": discrepancy.ours_minor, "now_minor": discrepancy.theirs_minor}
    record_audit(tx, actor, "discrepancy.take_second", f"discrepancy:{discrepancy.id}", reason=reason, **amounts)
    compare(tx)
    tx.session.refresh(discrepancy)
    return discrepancy


def take_second_together(tx: Tx, slug: str, shown: ShownGroup, reason: str, actor: str) -> Sequence[Discrepancy]:
    """Let a second bill count as a whole: all lines of a provider that contradict the first bill and were listed on
    a day.

    Raises Invalid `reason_missing`, NotFound `campaign_unknown`, Conflict `differences_changed` when the group is
    no longer what was shown, `second_bill_missing` for another cause or a provider without bills.
    """
    require_reason(reason)
    rows = open_group(tx, slug, shown)
    _take(tx, rows)
    subject = subject_of(tx, slug, shown.provider)
    detail = {
        "provider": shown.provider,
        "day": str(shown.day),
        "differences": shown.differences,
        "stake_minor": shown.stake_minor,
    }
    record_audit(tx, actor, "discrepancies.take_second", subject, reason=reason, **detail)
    compare(tx)
    for row in rows:
        tx.session.refresh(row)
    return rows


def _take(tx: Tx, discrepancies: Sequence[Discrepancy]) -> None:
    """Let the last version of each line count. The differences are of one provider."""
    if not discrepancies or not all(row.is_of_bills for row in discrepancies):
        raise Conflict("second_bill_missing")
    provider, references = discrepancies[0].provider, [row.reference for row in discrepancies]
    of_line = LineConflict.provider == provider, col(LineConflict.line_id).in_(references)
    kept = defaultdict(list)
    for row in tx.all(select(LineConflict).where(*of_line).order_by(col(LineConflict.id)).with_for_update()):
        kept[row.line_id].append(row)
    stored = ProviderLine.provider == provider, col(ProviderLine.line_id).in_(references)
    corrections: list[StatementLine] = []
    for first in tx.all(select(ProviderLine).where(*stored)):
        second = kept[first.line_id][-1]
        corrections += _corrections(first, [row for row in kept[first.line_id] if row.taken_at], second)
        second.taken_at = tx.now
        tx.session.add(second)
    store(tx, corrections)


def _corrections(first: ProviderLine, taken: Sequence[LineConflict], second: LineConflict) -> list[StatementLine]:
    """Return the lines that make a line count as the second bill has it. If donation and kind are the same, one
    line adds the difference, if any. Otherwise one line takes back what counted, and another has the second
    version."""
    holder: ProviderLine | LineConflict = first
    holder_id = first.line_id
    for row in taken:
        if _moved(holder, row):
            holder_id = _line_id(row)
        holder = row
    # A correction cannot itself be corrected, so the addition goes to the line that it corrects.
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
