"""Detect in constant time whether anything that shared pages show has changed in the database.

Every statement that writes a table which public pages read advances the sequence `public_change` through a trigger,
so no use case has to remember it and a manual change counts too. For tables that donations and screening do not
write often, the trigger also advances `content_change`; data read from these tables stays valid until that sequence
moves. A sequence takes no lock and advances before its transaction commits. So each check also records the
transactions in progress: their writes become visible when they end, although the sequence does not move again.

Changes by the clock (a campaign or a tranche opens) are not writes: `next_moment` returns when the next one is.
"""

from datetime import datetime
from typing import NamedTuple

from kernel.db import Tx


class Count(NamedTuple):
    """A sequence as one check saw it. `unsettled`: transactions whose writes are counted but not visible yet."""

    number: int
    unsettled: frozenset[int]

    def after(self, earlier: "Count") -> "tuple[bool, Count]":
        """Return whether anything may have changed since an earlier check, and what to compare the next check
        with."""
        if self.number != earlier.number:
            return True, self
        ended = earlier.unsettled - self.unsettled
        return bool(ended), self._replace(unsettled=earlier.unsettled & self.unsettled)


class Look(NamedTuple):
    """The result of one check: of everything that pages show, and of what donations do not write."""

    changes: Count
    content: Count
    at: datetime


def look(tx: Tx) -> Look:
    """Check once, in a transaction that reads committed data.

    The sequences are read before the transactions. A transaction that advanced one already had its id by then, and
    holds the lock on that id until its writes are visible.
    """
    changes, content = tx.rows(
        """SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public_change
            UNION ALL SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM content_change"""
    )
    under_way = tx.rows(
        """SELECT CAST(CAST(transactionid AS text) AS bigint) FROM pg_locks
            WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted"""
    )
    unsettled = frozenset(row[0] for row in under_way)
    return Look(Count(changes[0], unsettled), Count(content[0], unsettled), tx.now)


def next_moment(tx: Tx) -> datetime | None:
    """Return the next time at which the clock alone changes public pages, or None if there is none."""
    moment: datetime | None = tx.scalar(
        """SELECT min(at) FROM (
               SELECT opens_at AS at FROM campaign UNION ALL SELECT ends_at FROM campaign
                UNION ALL
               SELECT CAST(edge.value AS timestamptz)
                 FROM campaign, jsonb_array_elements(windows) AS w(window_), jsonb_each_text(w.window_) AS edge
                UNION ALL SELECT valid_from FROM pot_rules
                UNION ALL SELECT opens_at FROM pot_funding
                UNION ALL SELECT opens_at FROM tranche_move) AS moments
            WHERE at > :now""",
        now=tx.now,
    )
    return moment
