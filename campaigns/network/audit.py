"""Who did what: one append-only row for every act of a manager."""

from typing import Any

from campaigns.network.models import AuditEntry
from kernel.db import Tx


def record(tx: Tx, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write down that `actor` did `action` (`project.approve`) to `subject` (`project:7`).

    `detail` must be JSON: ids, fen, reasons; never a password, a token or a donor's data.
    """
    tx.add(AuditEntry(at=tx.now, actor=actor, action=action, subject=subject, detail=detail))
