"""Figures of the inbox for monitoring."""

from sqlmodel import col, func, select

from kernel.db import Tx
from payments.models import InboxEvent, InboxWork


def count_by_state(tx: Tx) -> dict[str, int]:
    """Return state -> number of messages."""
    return dict(tx.all(select(InboxWork.state, func.count()).group_by(col(InboxWork.state))))


def oldest_due_s(tx: Tx) -> float:
    """Return the age in seconds of the oldest message that is not processed; 0 when there is none."""
    age = func.clock_timestamp() - func.min(InboxEvent.received_at)
    due = select(func.coalesce(func.extract("epoch", age), 0)).select_from(InboxEvent)
    due = due.join(InboxWork, col(InboxWork.inbox_id) == col(InboxEvent.id)).where(col(InboxWork.state) == "new")
    return float(tx.first(due) or 0)
