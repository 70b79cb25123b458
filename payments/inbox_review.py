"""Messages in the inbox that an operator must look at. Their bodies may hold personal data and are not read."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from kernel.db import Tx
from payments.models import InboxConflict

MOST_SHOWN = 200


class OpenMessage(NamedTuple):
    """A message that waits for something, or was flagged; `note` says why."""

    id: int
    source: str
    event_id: str
    state: str
    note: str
    received_at: datetime


class Conflict(NamedTuple):
    """A message whose id came before with other contents; it had no effect."""

    source: str
    event_id: str
    received_at: datetime


def open_messages(tx: Tx) -> list[OpenMessage]:
    """Return messages that wait for an operator, oldest first."""
    return tx.rows_as(
        OpenMessage,
        """SELECT id, source, event_id, state, note, received_at
             FROM inbox_work JOIN inbox_event ON id = inbox_id
            WHERE state IN ('waiting', 'flagged') ORDER BY id LIMIT :most""",
        most=MOST_SHOWN,
    )


def conflicts(tx: Tx) -> list[Conflict]:
    """Return messages that contradict an earlier one, newest first."""
    columns = select(InboxConflict.source, InboxConflict.event_id, InboxConflict.received_at)
    return [Conflict(*row) for row in tx.all(columns.order_by(col(InboxConflict.id).desc()).limit(MOST_SHOWN))]
