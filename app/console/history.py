"""What people did to a subject, from the audit trail, for its page."""

from collections.abc import Collection

from app.i18n.audit.audit_texts import Change, changes
from campaigns.audit import AuditEntry, entries_of
from campaigns.subject_names import named_details
from kernel.db import Tx


def history_of(tx: Tx, subject: str, actions: Collection[str] = ()) -> list[tuple[AuditEntry, list[Change]]]:
    """Return the entries about a subject (`pot:7`), newest first, each with its details in words; only those of
    `actions`, if any are named."""
    entries = entries_of(tx, subject, actions)
    details = named_details(tx, [entry.detail for entry in entries])
    return [(entry, changes(detail)) for entry, detail in zip(entries, details, strict=True)]
