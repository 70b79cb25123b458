"""Where those who decide an act must have their rights, and how open requests follow what they are about."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from campaigns.approvals.acts import ACTS, MAKE_ADMIN
from campaigns.approvals.desk import Place
from campaigns.approvals.models import Approval, ApprovalState
from campaigns.holders import holder_of, lineage_of
from kernel.db import Tx
from kernel.errors import NotFound


def place_of(tx: Tx, name: str, subject: Any, arguments: Mapping[str, Any]) -> Place:
    """Return the place of an act: the branch in which it would make someone an administrator, otherwise where its
    subject belongs, or the federation if that has no holder or does not exist."""
    if name == MAKE_ADMIN:
        return Place(lineage_of(tx, arguments["branch"] or ""))
    try:
        return Place(*holder_of(tx, ACTS[name].kind, subject))
    except NotFound:
        return Place()


def follow_subjects(tx: Tx) -> int:
    """Move open requests to where their subjects belong now, and return how many moved.

    A person gets another branch, or a node is merged into another: who answers for the subject now decides.
    """
    open_ones = select(Approval).where(Approval.state == ApprovalState.OPEN).order_by(col(Approval.id))
    moved = 0
    for approval in tx.all(open_ones.with_for_update(skip_locked=True)):
        subject = ACTS[approval.act].read(approval.subject)
        lineage = list(place_of(tx, approval.act, subject, approval.arguments).lineage)
        if lineage != approval.lineage:
            approval.lineage = lineage
            moved += 1
    return moved
