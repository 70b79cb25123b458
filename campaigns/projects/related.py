"""A project's declarations of related parties (慈善法 第40条, 第59条): whether those who carry it out or benefit
from it are related to its donors or managers.

All declarations are kept and the newest applies. A declaration that says yes is public.
"""

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.projects.models import RelatedParties
from campaigns.projects.projects import find
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.text import text_fault

MOST_RELATED = 300  # characters


def declare(tx: Tx, project_id: int, related: bool, text: str, actor: str) -> RelatedParties:
    """Declare whether a project has related parties.

    If it has, `text` says who they are, how they are related, and who abstains. Raises NotFound `project_unknown`,
    Invalid `declaration_invalid`.
    """
    find(tx, project_id)
    if (related or text) and (refused := text_fault(text, MOST_RELATED)):
        raise Invalid("declaration_invalid", fields={"text": refused})
    record_audit(tx, actor, "project.declare_related", f"project:{project_id}", related=related)
    row = RelatedParties(project_id=project_id, related=related, text=text, actor=actor, declared_at=tx.now)
    return tx.add(row)


def declaration_of(tx: Tx, project_id: int) -> RelatedParties | None:
    """Return the declaration of a project that applies, or None if there is none."""
    own = select(RelatedParties).where(RelatedParties.project_id == project_id)
    return tx.first(own.order_by(col(RelatedParties.id).desc()))
