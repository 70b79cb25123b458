"""The accounts behind the names in the audit trail and behind tokens, and which of them may belong to one
person."""

from collections.abc import Set
from datetime import timedelta

from sqlmodel import col, select

from campaigns.audit import AuditEntry
from campaigns.network.models import ApiToken, Manager
from kernel.db import Tx

_PROGRAM, _PERSON, _INVITATION = "token:", "manager:", "invitation:"
FRESH = timedelta(days=7)  # our default: as long as a link lasts
_GIVES_ACCESS = ("manager.create", "manager.password", "manager.password_link", "second_factor.reset")


def owners_of(tx: Tx, names: Set[str]) -> set[str]:
    """Return the accounts that may have acted under these names; labels of tokens are not unique.

    A name without an account, such as that of the command line, stands for itself.
    """
    accounts, known = _accounts(tx, names)
    return accounts | (set(names) - known)


def hands_of(tx: Tx, owner: str) -> set[str]:
    """Return an account together with those behind it: a token without an owner is controlled by its creator, which
    may be a token too."""
    hands: set[str] = set()
    waiting = {owner}
    while waiting:
        hands |= waiting
        ids = [int(name.removeprefix(_PROGRAM)) for name in waiting if name.startswith(_PROGRAM)]
        of_nobody = col(ApiToken.owner_id).is_(None), col(ApiToken.id).in_(ids)
        makers = set(tx.all(select(ApiToken.created_by).where(*of_nobody)))
        waiting = _accounts(tx, makers)[0] - hands
    return hands


def may_be_same_person(tx: Tx, first: str, second: str) -> bool:
    """Return whether one person may act with both accounts.

    This is so if the same account is behind both, if within the last week one gave access to the other (created it,
    or its password), or if the same account gave access to both. Someone with shell access needs no second account,
    so accounts that ownerless programs created are not considered related.
    """
    hands, others = hands_of(tx, first), hands_of(tx, second)
    givers, givers_of_others = _givers(tx, hands), _givers(tx, others)
    people = {giver for giver in givers & givers_of_others if giver.startswith(_PERSON)}
    return bool(hands & others or hands & givers_of_others or others & givers or people)


def _givers(tx: Tx, accounts: Set[str]) -> set[str]:
    """Return the accounts that gave access to these within the last week."""
    lately = AuditEntry.at > tx.now - FRESH
    people = {account for account in accounts if account.startswith(_PERSON)}
    gave = col(AuditEntry.action).in_(_GIVES_ACCESS), col(AuditEntry.subject).in_(people)
    actors = set(tx.all(select(AuditEntry.actor).where(*gave, lately)))
    invitations = {actor for actor in actors if actor.startswith(_INVITATION)}
    invited = AuditEntry.action == "invitation.create", col(AuditEntry.subject).in_(invitations)
    actors |= set(tx.all(select(AuditEntry.actor).where(*invited)))
    return {giver for name in _accounts(tx, actors)[0] for giver in hands_of(tx, name)} - accounts


def _accounts(tx: Tx, names: Set[str]) -> tuple[set[str], set[str]]:
    """Return the accounts with these names, and the names that belong to an account."""
    logins = tx.all(select(Manager.login, Manager.id).where(col(Manager.login).in_(names)))
    labels = {name.removeprefix(_PROGRAM) for name in names if name.startswith(_PROGRAM)}
    tokens = tx.all(select(ApiToken.id, ApiToken.owner_id).where(col(ApiToken.label).in_(labels)))
    accounts = {f"manager:{id_}" for _, id_ in logins}
    accounts |= {f"manager:{owner_id}" if owner_id else f"token:{id_}" for id_, owner_id in tokens}
    return accounts, {login for login, _ in logins} | {_PROGRAM + label for label in labels}
