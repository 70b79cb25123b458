"""How far the books are settled: an id up to which no transfer can appear any more.

Ids of transfers are given out in order but committed in any order. The newest transfer is read first, then a
transaction of our own takes its number; when every transaction with a smaller number has ended, no smaller id can
appear: `post` comes last in its transaction, after statements that took a number. No transaction that moves money
waits for any of it.
"""

import time

from kernel.db import Database
from kernel.errors import Unavailable
from ledger.statements import last_transfer

PATIENCE_S = 5.0  # for transactions that are under way


def settled_mark(db: Database) -> int:
    """Return the newest transfer below which all are there. Not for use inside a transaction, which it would wait
    for. Raises Unavailable `books_busy` when a transaction stays under way for too long."""
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
