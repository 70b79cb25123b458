"""How far the books are settled: the id below which no transfer can appear any more.

Ids of transfers are assigned in order but committed in any order. The newest transfer is read first, then this
transaction takes its own number. Once every transaction with a smaller number has ended, no smaller id can appear,
because `post` comes last in its transaction, after statements that took a number. No transaction that moves money
ever waits for this.
"""

import time

from kernel.db import Database
from kernel.errors import Unavailable
from ledger.statements import last_transfer

PATIENCE_S = 5.0  # how long to wait for transactions in progress


def settled_mark(db: Database) -> int:
    """Return the id of the newest transfer below which none can appear any more.

    Do not call it inside a transaction, because it would wait for itself. Raises Unavailable `books_busy` when a
    transaction stays open for too long.
    """
    with db.transaction() as tx:
        mark = last_transfer(tx)
        number = tx.scalar("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
    until = time.monotonic() + PATIENCE_S
    while True:
        with db.transaction() as tx:
            oldest = tx.scalar("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
        if oldest > number:
            return mark
        if time.monotonic() > until:
            raise Unavailable("books_busy")
        time.sleep(0.05)
