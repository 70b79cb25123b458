"""Close a node of the network: nothing new begins there. What is there stays in books and lists."""

from typing import Any

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.network.models import Manager, Organisation
from campaigns.network.tree import lock_node
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict

_OVER = (Phase.ARCHIVED, Phase.CANCELLED, Phase.RELEASED)


def close_node(tx: Tx, code: str, reason: str, actor: str) -> Organisation:
    """Close a node for a reason: it accepts no project, account or node until it is reopened. Idempotent.

    Raises NotFound `organisation_unknown`, Invalid `reason_missing`, Conflict `organisation_in_use` with how many
    open nodes, living projects, accounts and running campaigns it still has.
    """
    require_reason(reason)
    node = lock_node(tx, code)
    if node.closed_at is not None:
        return node
    nodes, projects, accounts, campaigns = _uses(tx, code)
    if nodes or projects or accounts or campaigns:
        raise Conflict(
            "organisation_in_use", nodes=nodes, projects=projects, accounts=accounts, campaigns=campaigns
        )
    node.closed_at = tx.now
    record_audit(tx, actor, "organisation.close", f"organisation:{code}", reason=reason)
    return node


def _uses(tx: Tx, code: str) -> list[int]:
    """Return how many open nodes, living projects, accounts and running campaigns are in a node."""
    conditions: list[tuple[Any, ...]] = [
        (Organisation, Organisation.parent_code == code, col(Organisation.closed_at).is_(None)),
        (Project, Project.organisation_code == code, Project.status != Status.CLOSED),
        (Manager, Manager.branch_code == code, col(Manager.disabled_at).is_(None)),
        (Campaign, Campaign.host_code == code, col(Campaign.phase).not_in(_OVER)),
    ]
    return [tx.all(select(func.count()).select_from(table).where(*wanted))[0] for table, *wanted in conditions]
