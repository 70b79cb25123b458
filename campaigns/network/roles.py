"""PURE. What a caller may do: one table from role to permissions."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from kernel.errors import Forbidden


class Permission(StrEnum):
    READ = "read"
    PROJECTS_WRITE = "projects_write"
    PROJECTS_APPROVE = "projects_approve"
    CAMPAIGNS_WRITE = "campaigns_write"
    POTS_WRITE = "pots_write"
    FUNDS_WRITE = "funds_write"
    DONATIONS_REFUND = "donations_refund"
    RECEIPTS = "receipts"  # donation receipts, with their payers
    RECONCILE = "reconcile"
    SCREEN = "screen"
    PARTNERS_WRITE = "partners_write"
    PEOPLE_WRITE = "people_write"
    AUDIT_READ = "audit_read"
    AUDIT_SAMPLE = "audit_sample"  # draw the sample of an event, and mark its records
    CONTACTS = "contacts"  # look at who gave, and at the link to their donation
    PERSONAL_DATA = "personal_data"  # export and erase a donor


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"  # runs campaigns
    REVIEWER = "reviewer"  # approves projects (立项评审)
    FINANCE = "finance"
    AUDITOR = "auditor"  # and supervisors (监事)
    LIAISON = "liaison"  # of a village


_P = Permission

# Who gives out rights or moves money: a second factor where it is required, and shorter sessions.
SENSITIVE = frozenset({Role.ADMIN, Role.FINANCE})

# The public contract lists all verbs below "Managers": a manager may use every one of them. A federation
# that separates duties (业财分离) gives out the narrower roles.
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MANAGER: frozenset(Permission)
    - {_P.PEOPLE_WRITE, _P.AUDIT_READ, _P.AUDIT_SAMPLE, _P.CONTACTS, _P.PERSONAL_DATA},
    Role.REVIEWER: frozenset({_P.READ, _P.PROJECTS_APPROVE, _P.SCREEN}),
    Role.FINANCE: frozenset({_P.READ, _P.FUNDS_WRITE, _P.DONATIONS_REFUND, _P.RECEIPTS, _P.RECONCILE, _P.CONTACTS}),
    Role.AUDITOR: frozenset({_P.READ, _P.AUDIT_READ, _P.AUDIT_SAMPLE}),
    Role.LIAISON: frozenset({_P.READ, _P.PROJECTS_WRITE}),
}


def permissions_of(role: str, scopes: Iterable[str] | None = None) -> frozenset[str]:
    """Return the permissions of a role (an unknown one has none); with `scopes` those of them that are named."""
    permissions: frozenset[str] = PERMISSIONS.get(role, frozenset())
    return permissions if scopes is None else permissions.intersection(scopes)


class Caller(NamedTuple):
    """Who acts: the name that goes into the audit trail, the role, the branch (None: the whole tree), and the
    account that answers for it: `manager:7`, or `token:3` for a token of nobody.

    `scopes` narrow the role (None: all of it). `manager_id` is the account behind: of the person who signed in, or
    of the token's owner.
    """

    name: str
    role: str
    branch_code: str | None = None
    owner: str = ""
    scopes: tuple[str, ...] | None = None
    manager_id: int | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What the caller may do."""
        return permissions_of(self.role, self.scopes)

    def may(self, permission: Permission) -> bool:
        """Whether the caller has this permission."""
        return permission in self.permissions


def gives_rights(role: str, scopes: Iterable[str] | None = None) -> bool:
    """Whether who has these permissions can give some to others."""
    return Permission.PEOPLE_WRITE in permissions_of(role, scopes)


def require(caller: Caller, permission: Permission) -> None:
    """Raise Forbidden `not_permitted` if the caller's role lacks the permission."""
    if not caller.may(permission):
        raise Forbidden("not_permitted")


def require_no_more(caller: Caller, role: str, scopes: Iterable[str] | None = None) -> None:
    """Raise Forbidden `role_beyond_own` if this role may do what the caller may not: nobody gives, or takes over,
    more than they have."""
    if not permissions_of(role, scopes) <= caller.permissions:
        raise Forbidden("role_beyond_own")
