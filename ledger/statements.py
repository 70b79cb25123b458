"""Reading the books: balances by account, always from the accounts themselves."""

from collections.abc import Sequence
from typing import NamedTuple

from kernel.db import Tx
from ledger.chart import Account, Kind


class Balance(NamedTuple):
    """What an account holds, in fen (credits minus debits)."""

    kind: str
    owner: str
    purpose: str
    balance_minor: int


def balance(tx: Tx, account: Account) -> int:
    """The balance of one account in fen; an account that was never used holds zero."""
    found = tx.scalar(
        """SELECT balance_minor FROM ledger_account
            WHERE kind = :kind AND owner = :owner AND purpose = :purpose AND currency = :currency""",
        kind=str(account.kind),
        owner=account.owner,
        purpose=account.purpose,
        currency=account.currency,
    )
    return int(found or 0)


def balances(
    tx: Tx, kinds: Sequence[Kind], owners: Sequence[str], purposes: Sequence[str] | None = None
) -> list[Balance]:
    """The balances of all accounts of these kinds and owners, in one statement and so at one moment."""
    rows = tx.rows(
        """SELECT kind, owner, purpose, balance_minor FROM ledger_account
            WHERE owner = ANY(:owners) AND kind = ANY(:kinds)
              AND (CAST(:purposes AS text[]) IS NULL OR purpose = ANY(:purposes))""",
        kinds=[str(kind) for kind in kinds],
        owners=list(owners),
        purposes=None if purposes is None else list(purposes),
    )
    return [Balance(*row) for row in rows]


def by_kind(tx: Tx, owners: Sequence[str]) -> dict[tuple[str, str], int]:
    """(owner, kind) -> sum of balances in fen over all purposes."""
    rows = tx.rows(
        """SELECT owner, kind, sum(balance_minor) FROM ledger_account
            WHERE owner = ANY(:owners) GROUP BY owner, kind""",
        owners=list(owners),
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def last_transfer(tx: Tx) -> int:
    """The id of the newest transfer: a mark in the books up to which a report speaks."""
    return int(tx.scalar("SELECT coalesce(max(id), 0) FROM ledger_transfer"))
