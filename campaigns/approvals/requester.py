"""Whether the requester of an act may still perform it: their account or token may have ended since."""

from campaigns.approvals.models import Approval
from campaigns.network.models import Manager
from campaigns.network.organisations import root
from campaigns.network.people import caller_of
from campaigns.network.roles import Caller, Permission
from campaigns.network.tokens import callers_labelled
from kernel.db import Tx

_PROGRAM, _PERSON = "token:", "manager:"


def may_still(tx: Tx, approval: Approval, permission: Permission) -> bool:
    """Return whether the requester still has the permission, for the branch of the approval. An operator with the
    shell always has."""
    if not approval.owner.startswith((_PROGRAM, _PERSON)):
        return True
    branches = {None, root(tx), *approval.lineage}
    return any(caller.may(permission) and caller.branch_code in branches for caller in _callers(tx, approval))


def _callers(tx: Tx, approval: Approval) -> list[Caller]:
    """Return the callers that the requester can still be: labels of tokens are not unique."""
    if approval.asked_by.startswith(_PROGRAM):
        named = callers_labelled(tx, approval.asked_by.removeprefix(_PROGRAM))
        return [caller for caller in named if caller.owner == approval.owner]
    manager = tx.get(Manager, int(approval.owner.removeprefix(_PERSON)))
    return [caller_of(manager)] if manager is not None and manager.disabled_at is None else []
