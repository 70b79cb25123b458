"""PURE. What a caller may do: one table from role to permissions."""

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
    RECONCILE = "reconcile"
    SCREEN = "screen"
    PARTNERS_WRITE = "partners_write"
    PEOPLE_WRITE = "people_write"
    AUDIT_READ = "audit_read"
    PERSONAL_DATA = "personal_data"  # export and erase a donor


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"  # runs campaigns
    REVIEWER = "reviewer"  # approves projects (立项评审)
    FINANCE = "finance"
    AUDITOR = "auditor"  # and supervisors (监事)
    LIAISON = "liaison"  # of a village


_P = Permission

# The public contract lists all verbs below "Managers": a manager may use every one of them. A federation
# that separates duties (业财分离) gives out the narrower roles.
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {_P.PEOPLE_WRITE, _P.AUDIT_READ, _P.PERSONAL_DATA},
    Role.REVIEWER: frozenset({_P.READ, _P.PROJECTS_APPROVE}),
    Role.FINANCE: frozenset({_P.READ, _P.FUNDS_WRITE, _P.DONATIONS_REFUND, _P.RECONCILE}),
    Role.AUDITOR: frozenset({_P.READ, _P.AUDIT_READ}),
    Role.LIAISON: frozenset({_P.READ, _P.PROJECTS_WRITE}),
}


class Caller(NamedTuple):
    """Who acts: the name that goes into the audit trail, the role, the branch (None: the whole tree), and the
    account that answers for it: `manager:7`, or `token:3` for a token of nobody."""

    name: str
    role: str
    branch_code: str | None = None
    owner: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the role has this permission; an unknown role has none."""
        return permission in PERMISSIONS.get(self.role, frozenset())


def require(caller: Caller, permission: Permission) -> None:
    """Raise Forbidden `not_permitted` if the caller's role lacks the permission."""
    if not caller.may(permission):
        raise Forbidden("not_permitted")
