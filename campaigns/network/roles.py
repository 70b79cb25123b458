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
    AUDIT_SAMPLE = "audit_sample"  # draw the sample of a campaign, and mark its records
    CONTACTS = "contacts"  # see who gave, and the link to their donation
    PERSONAL_DATA = "personal_data"  # export and erase a donor


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"  # runs campaigns
    REVIEWER = "reviewer"  # approves projects (立项评审)
    FINANCE = "finance"
    AUDITOR = "auditor"  # and supervisors (监事)
    LIAISON = "liaison"  # of a village


_P = Permission

# Roles that grant rights or move money need a second factor where it is required, and have shorter sessions.
SENSITIVE = frozenset({Role.ADMIN, Role.FINANCE})

# The public contract lists all verbs below "Managers", so a manager may use every one of them. A federation that
# separates duties (业财分离) assigns the narrower roles.
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
    """Return the permissions of a role (none for an unknown one); with `scopes`, only those named."""
    permissions: frozenset[str] = PERMISSIONS.get(role, frozenset())
    return permissions if scopes is None else permissions.intersection(scopes)


class Caller(NamedTuple):
    """The acting person or program: the name for the audit trail, the role, the branch (None: the whole tree), and
    the responsible account: `manager:7`, or `token:3` for a token without an owner.

    `scopes` narrow the role (None: all of it). `manager_id` is the account of the person who signed in, or of the
    token's owner.
    """

    name: str
    role: str
    branch_code: str | None = None
    owner: str = ""
    scopes: tuple[str, ...] | None = None
    manager_id: int | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """The caller's permissions."""
        return permissions_of(self.role, self.scopes)

    def may(self, permission: Permission) -> bool:
        """Return whether the caller has this permission."""
        return permission in self.permissions


def gives_rights(role: str, scopes: Iterable[str] | None = None) -> bool:
    """Return whether a holder of these permissions can grant some to others."""
    return Permission.PEOPLE_WRITE in permissions_of(role, scopes)


def require(caller: Caller, permission: Permission) -> None:
    """Raise Forbidden `not_permitted` if the caller's role lacks the permission."""
    if not caller.may(permission):
        raise Forbidden("not_permitted")


def require_no_more(caller: Caller, role: str, scopes: Iterable[str] | None = None) -> None:
    """Raise Forbidden `role_beyond_own` if this role may do what the caller may not. Nobody may grant or take over
    more rights than their own."""
    if not permissions_of(role, scopes) <= caller.permissions:
        raise Forbidden("role_beyond_own")
