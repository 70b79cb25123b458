"""The only writer of the books."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from kernel.db import Tx
from kernel.errors import BrokenPromise, Conflict
from ledger.chart import Account


class Transfer(NamedTuple):
    """Money moves from `debit` to `credit`: `amount_minor` fen, once per `key`, for a stated reason."""

    key: str
    debit: Account
    credit: Account
    amount_minor: int
    reason: str
    donation_id: UUID | None = None


def post(tx: Tx, transfers: Sequence[Transfer]) -> int:
    """Write transfers to the books and move the balances; answers how many were new.

    A key that is already in the books is skipped, so that a step can be repeated. Call it once a
    transaction, last: it locks the accounts in id order, and a second call could lock them crosswise with
    another transaction.

    Raises Conflict `books_short` when an account would fall below its floor, and BrokenPromise when a key
    comes again with other contents; either way nothing is written.
    """
    if not transfers:
        return 0
    if len({t.key for t in transfers}) != len(transfers):
        raise BrokenPromise("one call posts the same key twice")
    ids = account_ids(tx, {name for t in transfers for name in (t.debit, t.credit)})
    fresh = _write(tx, transfers, ids)
    if fresh < len(transfers):
        _compare(tx, {t.key: t for t in transfers}, ids)
    return fresh


def account_ids(tx: Tx, names: Iterable[Account]) -> dict[Account, int]:
    """The ids of accounts; those that do not exist yet are opened."""
    known: dict[Account, int] = tx.memory.setdefault("ledger accounts", {})
    wanted = sorted(set(names))
    found = {name: known[name] for name in wanted if name in known}
    if len(found) < len(wanted):
        found |= _open(tx, [name for name in wanted if name not in known])
        # Ids never change; but of an account that this transaction opens nobody may know before it commits.
        tx.after_commit(lambda: known.update(found))
    return found


def _open(tx: Tx, wanted: Sequence[Account]) -> dict[Account, int]:
    found = _find(tx, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        tx.run(
            """INSERT INTO ledger_account (kind, owner, purpose, currency, floor_minor)
               SELECT * FROM unnest(CAST(:kind AS text[]), CAST(:owner AS text[]), CAST(:purpose AS text[]),
                                    CAST(:currency AS text[]), CAST(:floor AS bigint[]))
               ON CONFLICT DO NOTHING""",
            **_name_columns(missing),
            floor=[name.floor_minor for name in missing],
        )
        found |= _find(tx, missing)
    return found


def _name_columns(names: Sequence[Account]) -> dict[str, list[str]]:
    return {
        "kind": [str(n.kind) for n in names],
        "owner": [n.owner for n in names],
        "purpose": [n.purpose for n in names],
        "currency": [n.currency for n in names],
    }


def _find(tx: Tx, names: Sequence[Account]) -> dict[Account, int]:
    rows = tx.rows(
        """SELECT a.id, a.kind, a.owner, a.purpose, a.currency
             FROM unnest(CAST(:kind AS text[]), CAST(:owner AS text[]), CAST(:purpose AS text[]),
                         CAST(:currency AS text[])) AS n(kind, owner, purpose, currency)
             JOIN ledger_account a USING (kind, owner, purpose, currency)""",
        **_name_columns(names),
    )
    # A NamedTuple equals any tuple with the same values, and Kind is a str: rows serve as names.
    return {(row[1], row[2], row[3], row[4]): row[0] for row in rows}  # type: ignore[misc]


def _write(tx: Tx, transfers: Sequence[Transfer], ids: dict[Account, int]) -> int:
    """Rows and balances in one statement, so that only what is new moves them; answers how many were new."""
    try:
        return int(
            tx.scalar(
                """WITH fresh AS (
                       INSERT INTO ledger_transfer
                              (key, debit_account, credit_account, amount_minor, reason, donation_id, recorded_at)
                       SELECT t.*, CAST(:now AS timestamptz)
                         FROM unnest(CAST(:keys AS text[]), CAST(:debits AS bigint[]), CAST(:credits AS bigint[]),
                                     CAST(:amounts AS bigint[]), CAST(:reasons AS text[]),
                                     CAST(:donations AS uuid[])) AS t
                       ON CONFLICT (key) DO NOTHING
                       RETURNING debit_account, credit_account, amount_minor),
                   moved AS MATERIALIZED (
                       SELECT id, sum(delta) AS delta
                         FROM (SELECT debit_account AS id, -amount_minor AS delta FROM fresh
                                UNION ALL SELECT credit_account, amount_minor FROM fresh) AS sides
                        GROUP BY id HAVING sum(delta) <> 0),
                   held AS MATERIALIZED (
                       SELECT id FROM ledger_account WHERE id IN (SELECT id FROM moved)
                        ORDER BY id FOR NO KEY UPDATE),
                   done AS (
                       UPDATE ledger_account a SET balance_minor = a.balance_minor + moved.delta
                         FROM held JOIN moved USING (id) WHERE a.id = held.id)
                   SELECT count(*) FROM fresh""",
                keys=[t.key for t in transfers],
                debits=[ids[t.debit] for t in transfers],
                credits=[ids[t.credit] for t in transfers],
                amounts=[t.amount_minor for t in transfers],
                reasons=[t.reason for t in transfers],
                donations=[t.donation_id for t in transfers],
                now=tx.now,
            )
        )
    except IntegrityError as error:
        if "ledger_account_floor" not in str(error.orig):
            raise
        raise Conflict("books_short") from error


def _compare(tx: Tx, transfers: dict[str, Transfer], ids: dict[Account, int]) -> None:
    """A repeated key must mean the same movement."""
    for key, debit, credit, amount in tx.rows(
        """SELECT key, debit_account, credit_account, amount_minor
             FROM ledger_transfer WHERE key = ANY(:keys)""",
        keys=list(transfers),
    ):
        again = transfers[key]
        if (ids[again.debit], ids[again.credit], again.amount_minor) != (debit, credit, amount):
            raise BrokenPromise(f"transfer {key} is in the books with other contents")


def lock(tx: Tx, account_ids: Sequence[int]) -> dict[int, int]:
    """Lock accounts in id order, the one order of the house, and answer their balances in fen."""
    rows = tx.rows(
        """SELECT id, balance_minor FROM ledger_account
            WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE""",
        ids=list(account_ids),
    )
    return {row[0]: row[1] for row in rows}
