"""Whether anything that shared pages show has changed, asked of the database in constant time.

Every statement that writes a table which public pages read raises the sequence `public_change`, by a trigger: no
use case has to remember it, and a change by hand counts too. Unless giving and screening write that table often,
`content_change` is raised too: what is read of the other tables is right until it moves. A sequence takes no lock
and is raised before its transaction commits. So a look also remembers which transactions were under way: what one
of them wrote becomes visible when it ends, although the sequence stands still.

What the clock changes (a campaign opens, a tranche opens) is no write: `next_moment` says when that is.
"""

from datetime import datetime
from typing import NamedTuple

from kernel.db import Tx


class Count(NamedTuple):
    """A sequence as one look saw it. `unsettled`: transactions whose writes are counted but not visible yet."""

    number: int
    unsettled: frozenset[int]

    def after(self, earlier: "Count") -> "tuple[bool, Count]":
        """Return whether anything may have changed since an earlier look, and what to compare the next one with."""
        if self.number != earlier.number:
            return True, self
        ended = earlier.unsettled - self.unsettled
        return bool(ended), self._replace(unsettled=earlier.unsettled & self.unsettled)


class Look(NamedTuple):
    """What one look saw: of all that pages show, and of what giving does not write."""

    changes: Count
    content: Count
    at: datetime


def look(tx: Tx) -> Look:
    """Look once, in a transaction that reads committed data.

    The numbers are read before the transactions: whoever raised one had a transaction id by then and holds the lock
    on it until what they wrote is visible.
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
    """Return the next time at which the clock alone changes what public pages show; None if there is none."""
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
