"""Make messages due again: when what they waited for arrives, or after a while."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from kernel.db import Database, Tx

MOST_RETRIED = 200  # messages at once
_MANY_WAITING = 1_000


class _Waiting(NamedTuple):
    inbox_id: int


def reopen(tx: Tx, notes: Iterable[str]) -> int:
    """Make waiting messages with these notes due again, because what they waited for has arrived.

    A batch has a thousand payments while few messages wait. So the notes of waiting messages are read first, and
    all notes are passed only if many wait. `notes` is consumed only if something waits.
    """
    rows = tx.rows("SELECT note FROM inbox_work WHERE state = 'waiting' LIMIT :most", most=_MANY_WAITING)
    waiting = {row.note for row in rows}
    due = [note for note in notes if note in waiting or len(rows) == _MANY_WAITING] if rows else []
    if not due:
        return 0
    return tx.run(
        "UPDATE inbox_work SET state = 'new', done_at = NULL WHERE state = 'waiting' AND note = ANY(:notes)",
        notes=due,
    )


def has_waiting(db: Database) -> bool:
    """Return whether any message waits."""
    return bool(db.rows_at_once(_Waiting, "SELECT inbox_id FROM inbox_work WHERE state = 'waiting' LIMIT 1"))


def reopen_of(tx: Tx, source: str, note: str) -> int:
    """Make the messages of a source that wait with this note due again; return how many."""
    return tx.run(
        """UPDATE inbox_work w SET state = 'new', done_at = NULL FROM inbox_event e
            WHERE e.id = w.inbox_id AND w.state = 'waiting' AND w.note = :note AND e.source = :source""",
        source=source,
        note=note,
    )


def reopen_foreign(tx: Tx, references: Sequence[str]) -> int:
    """Make messages due again that were ignored as another shop's, because their payment turned out to be ours."""
    if not references:
        return 0
    return tx.run(
        """UPDATE inbox_work SET state = 'new', done_at = NULL, reference = NULL
            WHERE state = 'ignored' AND reference = ANY(:references)""",
        references=list(references),
    )


def retry(tx: Tx, *, waiting_since: datetime, most: int = MOST_RETRIED) -> int:
    """Make waiting messages due again that were not tried since `waiting_since`, least recently tried first; return
    how many. Messages above a limit wait for an operator, and those of a paused platform until it resumes."""
    return tx.run(retrying(":since"), since=waiting_since, most=most)


def retrying(since: str) -> str:
    """Return the statement of `retry` for the time that an SQL expression gives; `:most` is bound."""
    return f"""UPDATE inbox_work SET state = 'new'
                WHERE inbox_id IN (SELECT inbox_id FROM inbox_work
                                    WHERE state = 'waiting' AND done_at <= {since}
                                      AND note NOT IN ('above_limit', 'partner_paused')
                                    ORDER BY done_at, inbox_id LIMIT :most FOR UPDATE SKIP LOCKED)"""
