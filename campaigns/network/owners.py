"""The accounts behind the names in the audit trail, and behind tokens."""

from collections.abc import Set

from sqlmodel import col, select

from campaigns.network.models import ApiToken, Manager
from kernel.db import Tx

_PROGRAM = "token:"


def owners_of(tx: Tx, names: Set[str]) -> set[str]:
    """Return the accounts that may have acted under these names: labels of tokens are not unique. A name that is no
    account's, such as that of the command line, stands for itself."""
    accounts, known = _accounts(tx, names)
    return accounts | (set(names) - known)


def hands_of(tx: Tx, owner: str) -> set[str]:
    """Return an account with those behind it: a token of nobody is in the hands of who made it, by a token too."""
    hands: set[str] = set()
    waiting = {owner}
    while waiting:
        hands |= waiting
        ids = [int(name.removeprefix(_PROGRAM)) for name in waiting if name.startswith(_PROGRAM)]
        of_nobody = col(ApiToken.owner_id).is_(None), col(ApiToken.id).in_(ids)
        makers = set(tx.all(select(ApiToken.created_by).where(*of_nobody)))
        waiting = _accounts(tx, makers)[0] - hands
    return hands


def _accounts(tx: Tx, names: Set[str]) -> tuple[set[str], set[str]]:
    """Return the accounts of these names, and those of the names that are one's."""
    logins = tx.all(select(Manager.login, Manager.id).where(col(Manager.login).in_(names)))
    labels = {name.removeprefix(_PROGRAM) for name in names if name.startswith(_PROGRAM)}
    tokens = tx.all(select(ApiToken.id, ApiToken.owner_id).where(col(ApiToken.label).in_(labels)))
    accounts = {f"manager:{id_}" for _, id_ in logins}
    accounts |= {f"manager:{owner_id}" if owner_id else f"token:{id_}" for id_, owner_id in tokens}
    return accounts, {login for login, _ in logins} | {_PROGRAM + label for label in labels}
