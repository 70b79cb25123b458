"""Inbox figures for monitoring."""

from datetime import datetime

from sqlmodel import col, func, select

from kernel.db import Tx
from payments.models import InboxEvent, InboxWork


def count_by_state(tx: Tx) -> dict[str, int]:
    """Return the number of messages by state."""
    return dict(tx.all(select(InboxWork.state, func.count()).group_by(col(InboxWork.state))))


def oldest_due_s(tx: Tx) -> float:
    """Return the age in seconds of the oldest unprocessed message; 0 if there is none."""
    due = select(func.min(InboxEvent.received_at)).join(InboxWork, col(InboxWork.inbox_id) == col(InboxEvent.id))
    oldest = tx.first(due.where(col(InboxWork.state) == "new"))
    now: datetime = tx.scalar("SELECT clock_timestamp()")
    return (now - oldest).total_seconds() if oldest else 0.0
