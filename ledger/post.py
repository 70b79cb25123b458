"""The only writer of the books."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from kernel.bulk import insert_rows, unnest
from kernel.db import Tx
from kernel.errors import BrokenPromise, Conflict
from ledger.chart import Account, AccountKind
from ledger.kinds import TransferKind
from ledger.models import LedgerAccount, LedgerTransfer


class Transfer(NamedTuple):
    """A movement of `amount_minor` fen from `debit` to `credit`, posted once per `key`.

    The ids name what it belongs to. `ledger.models.LedgerTransfer` has the rules, and the database checks them.
    """

    key: str
    debit: Account
    credit: Account
    amount_minor: int
    kind: TransferKind
    donation_id: UUID | None = None
    reservation_id: int | None = None
    decision_id: int | None = None
    case_id: int | None = None


def post(tx: Tx, transfers: Sequence[Transfer]) -> int:
    """Write transfers to the books, update the balances, and return how many transfers were new.

    A key that is already in the books is skipped, so that a step can be repeated. Call this once per transaction,
    as its last step: it locks the accounts in id order, and a second call could deadlock with another transaction.
    A second call is safe only after `lock_accounts` for all accounts concerned.

    Raises Conflict `books_short` when an account would fall below its floor, and BrokenPromise when a key is
    repeated with other contents; in both cases nothing is written.
    """
    if not transfers:
        return 0
    if len({transfer.key for transfer in transfers}) != len(transfers):
        raise BrokenPromise("one call posts the same key twice")
    ids = account_ids(tx, {account for transfer in transfers for account in (transfer.debit, transfer.credit)})
    posted = _write(tx, transfers, ids)
    if posted < len(transfers):
        _compare(tx, {transfer.key: transfer for transfer in transfers}, ids)
    return posted


def account_ids(tx: Tx, accounts: Iterable[Account]) -> dict[Account, int]:
    """Return the ids of accounts, opening those that do not exist yet."""
    cached: dict[Account, int] = tx.memory.setdefault("ledger accounts", {})
    wanted = set(accounts)
    ids = {account: cached[account] for account in wanted if account in cached}
    if len(ids) < len(wanted):
        # Sorted, so that two transactions that open the same accounts cannot deadlock.
        ids |= _open(tx, sorted(wanted - ids.keys(), key=attrgetter("name")))
        # Ids never change, but no other transaction may see an account before this one has committed.
        tx.after_commit(lambda: cached.update(ids))
    return ids


def _open(tx: Tx, accounts: Sequence[Account]) -> dict[Account, int]:
    """Find accounts, and insert those that are missing."""
    by_name = {account.name: account for account in accounts}
    ids = _find(tx, list(by_name))
    missing = [account for name, account in by_name.items() if name not in ids]
    if missing:
        columns = (*Account._fields, "floor_minor")
        values = {column: [getattr(account, column) for account in missing] for column in columns}
        ids |= dict(insert_rows(tx, LedgerAccount, values, conflict="any", returning="name, id"))
        if len(ids) < len(by_name):  # another transaction was faster
            ids |= _find(tx, [name for name in by_name if name not in ids])
    return {by_name[name]: id_ for name, id_ in ids.items()}


def _find(tx: Tx, names: list[str]) -> dict[str, int]:
    return dict(tx.rows("SELECT name, id FROM ledger_account WHERE name = ANY(:names)", names=names))


_COLUMNS = (
    "key",
    "debit_account",
    "credit_account",
    "amount_minor",
    "kind",
    "donation_id",
    "reservation_id",
    "decision_id",
    "case_id",
)

# Rows and balances in one statement, so that only new rows change balances.
_WRITE_NEW = f"""
    WITH fresh AS (
        INSERT INTO ledger_transfer ({", ".join(_COLUMNS)}, recorded_at)
        SELECT u.*, CAST(:now AS timestamptz) FROM {unnest(LedgerTransfer, *_COLUMNS)}
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
    SELECT count(*) FROM fresh"""
_WRITE = _WRITE_NEW.replace("RETURNING", "ON CONFLICT (key) DO NOTHING RETURNING", 1)
# From this many transfers on, a savepoint costs less than a conflict check per row.
_MANY = 100


def _write(tx: Tx, transfers: Sequence[Transfer], ids: dict[Account, int]) -> int:
    """Insert the transfers that are new, update the balances, and return the number of new ones."""
    columns = dict(zip(Transfer._fields, map(list, zip(*transfers, strict=True)), strict=True))
    debits, credits = columns.pop("debit"), columns.pop("credit")
    columns["debit_account"] = [ids[account] for account in debits]
    columns["credit_account"] = [ids[account] for account in credits]
    try:
        return _write_new(tx, columns) if len(transfers) >= _MANY else _write_missing(tx, columns)
    except IntegrityError as error:
        if "ledger_account_floor" not in str(error.orig):
            raise
        raise Conflict("books_short") from error


def _write_new(tx: Tx, columns: dict[str, list[Any]]) -> int:
    """Write a batch that is expected to be new. If a transfer is already in the books, write only those that are
    missing."""
    try:
        with tx.attempt():
            return int(tx.scalar(_WRITE_NEW, now=tx.now, **columns))
    except IntegrityError as error:
        if "ledger_transfer_key" not in str(error.orig):
            raise
    return _write_missing(tx, columns)


def _write_missing(tx: Tx, columns: dict[str, list[Any]]) -> int:
    return int(tx.scalar(_WRITE, now=tx.now, **columns))


def _compare(tx: Tx, transfers: dict[str, Transfer], ids: dict[Account, int]) -> None:
    """Raise BrokenPromise when a repeated key describes another movement."""
    for key, debit, credit, amount in tx.rows(
        """SELECT key, debit_account, credit_account, amount_minor
             FROM ledger_transfer WHERE key = ANY(:keys)""",
        keys=list(transfers),
    ):
        again = transfers[key]
        if (ids[again.debit], ids[again.credit], again.amount_minor) != (debit, credit, amount):
            raise BrokenPromise(f"transfer {key} is in the books with other contents")


def lock_free(tx: Tx, pot_ids: Sequence[int]) -> dict[int, int]:
    """Lock the `pot_free` accounts of pots in the global lock order (by account id).

    Return pot id -> balance in fen, tranches that have not opened included.
    """
    rows = tx.rows(
        """SELECT pot_id, balance_minor FROM ledger_account
            WHERE kind = :kind AND pot_id = ANY(:pots) ORDER BY id FOR NO KEY UPDATE""",
        kind=AccountKind.POT_FREE,
        pots=list(pot_ids),
    )
    return {row.pot_id: row.balance_minor for row in rows}


def lock_accounts(tx: Tx, accounts: Iterable[Account]) -> None:
    """Lock accounts in the global lock order (by account id), so that a transaction may post to them twice.

    Accounts that do not exist yet are not opened: no other transaction can have locked them.
    """
    tx.rows(
        "SELECT id FROM ledger_account WHERE name = ANY(:names) ORDER BY id FOR NO KEY UPDATE",
        names=sorted(account.name for account in accounts),
    )
