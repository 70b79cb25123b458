"""The accounts behind the names in the audit trail."""

from sqlmodel import col, select

from campaigns.network.models import ApiToken, Manager
from kernel.db import Tx

_PROGRAM = "token:"


def owners_of(tx: Tx, names: set[str]) -> set[str]:
    """Return the accounts that may have acted under these names: labels of tokens are not unique. A name that is no
    account's, such as that of the command line, stands for itself."""
    logins = tx.all(select(Manager.login, Manager.id).where(col(Manager.login).in_(names)))
    labels = {name.removeprefix(_PROGRAM) for name in names if name.startswith(_PROGRAM)}
    tokens = tx.all(select(ApiToken.id).where(col(ApiToken.label).in_(labels)))
    known = {login for login, _ in logins} | {_PROGRAM + label for label in labels}
    return {f"manager:{id_}" for _, id_ in logins} | {f"token:{id_}" for id_ in tokens} | (names - known)
