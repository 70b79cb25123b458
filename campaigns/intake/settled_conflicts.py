"""Settle contradictions between two messages with one id: an operator asks the sender and records what is true."""

from collections.abc import Sequence

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.intake.models import SettledConflict
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from payments.models import InboxConflict


def settle_conflict(tx: Tx, conflict_id: int, reason: str, actor: str) -> None:
    """Settle a contradiction with what was found out.

    Raises NotFound `event_unknown`, Invalid `reason_missing`, Conflict `conflict_settled`.
    """
    if tx.get(InboxConflict, conflict_id, lock=True) is None:
        raise NotFound("event_unknown")
    require_reason(reason)
    if tx.get(SettledConflict, conflict_id) is not None:
        raise Conflict("conflict_settled")
    tx.add(SettledConflict(conflict_id=conflict_id, reason=reason, actor=actor, settled_at=tx.now))
    record_audit(tx, actor, "inbox.settle_conflict", f"inbox_conflict:{conflict_id}", reason=reason)


def settled_of(tx: Tx, conflict_ids: Sequence[int]) -> dict[int, SettledConflict]:
    """Return contradiction id -> how it was settled, for those that are."""
    rows = tx.all(select(SettledConflict).where(col(SettledConflict.conflict_id).in_(conflict_ids)))
    return {row.conflict_id: row for row in rows}


def count_unsettled(tx: Tx) -> int:
    """Return how many contradictions are not settled yet."""
    settled = select(SettledConflict.conflict_id)
    open_ = select(func.count()).select_from(InboxConflict).where(col(InboxConflict.id).not_in(settled))
    return tx.first(open_) or 0
