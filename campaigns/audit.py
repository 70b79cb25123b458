"""The audit trail: one append-only row for every act of a manager, and for every security event.

`campaigns.audit_chain` seals the rows, `campaigns.audit_trail` searches them, `campaigns.security_log` records the
security events. What may be in a row, and why the address is shortened: docs/adr/0019-audit-trail.md.
"""

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import structlog
from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col, select

from kernel.db import Tx, identity, moment
from kernel.errors import Conflict, fault

# The address of the current request; "" for jobs and commands. Set by the web layer.
origin: ContextVar[str] = ContextVar("origin", default="")
IPV4_BITS, IPV6_BITS = 24, 48  # a provider's neighbourhood, not a single person's line
DONOR = "donor"  # the actor whose name and network are not recorded

# Entries of these kinds are also written to the log, which those who watch for attacks read.
SECURITY = frozenset({"manager", "session", "token", "contact", "export", "partner", "donors"})


class AuditEntry(SQLModel, table=True):
    """Who did what to which subject, and from which network. A trigger forbids UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_entry_subject", "subject"),)
    id: int | None = Field(default=None, sa_column=identity())
    at: datetime = Field(sa_column=moment())
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    address: str = Field(default="", sa_column_kwargs={"server_default": text("''")})


def record_audit(tx: Tx, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Record that `actor` did `action` (`project.approve`) to `subject` (`project:7`).

    `detail` must be JSON: ids, fen, reasons; never a password, a token or a donor's data.
    """
    add_entry(tx, actor, action, subject, detail)
    if action.partition(".")[0] in SECURITY:
        line = {"action": action, "actor": actor, "subject": subject, "address": origin.get()}
        tx.after_commit(lambda: structlog.get_logger("security").info("security", **line))


def record_each(tx: Tx, actor: str, action: str, details: Mapping[str, dict[str, Any]]) -> None:
    """Record one action on each subject with its detail, all in one flush. `action` is none of `SECURITY`."""
    network = network_of(origin.get())
    tx.add_all(
        AuditEntry(at=tx.now, actor=actor, action=action, subject=subject, detail=detail, address=network)
        for subject, detail in details.items()
    )


def add_entry(tx: Tx, actor: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    """Add an entry without writing it to the log."""
    network = "" if actor == DONOR else network_of(origin.get())
    tx.add(AuditEntry(at=tx.now, actor=actor, action=action, subject=subject, detail=detail, address=network))


def network_of(address: str) -> str:
    """Return the network of an address, shortened as the trail may store it; "" for text that is not an address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(IPv6Network((parsed, IPV6_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return str(IPv4Network((parsed, IPV4_BITS), strict=False))


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields whose values differ, as the `before` and `after` of an entry's detail. A field that one of
    them lacks is None there."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {
        side: {name: values.get(name) for name in names} for side, values in (("before", before), ("after", after))
    }


def subject_of(kind: str, column: str) -> str:
    """Return SQL for the subject of the entries about the row whose id is in a column (`project:7`)."""
    return f"format('{kind}:%s', {column})"


def entries_of(tx: Tx, subject: str, actions: Collection[str] = ()) -> list[AuditEntry]:
    """Return what managers did to a subject (`project:7`), newest first; only `actions`, if any are named."""
    query = select(AuditEntry).where(AuditEntry.subject == subject)
    if actions:
        query = query.where(col(AuditEntry.action).in_(sorted(actions)))
    return tx.all(query.order_by(col(AuditEntry.id).desc()))


def changed_meanwhile(tx: Tx, subject: str, now: Mapping[str, str] | None = None, *, action: str = "") -> Conflict:
    """Return the refusal of a change based on an outdated state; it names who changed `subject` last, and when.

    `now`: the present values of the fields that another person changed, as people read them. `action`: the act that
    usually changes them, if other acts are done to the subject too.
    """
    changes = ~col(AuditEntry.action).startswith("desk.")  # who works on something has not changed it
    query = select(AuditEntry).where(AuditEntry.subject == subject, changes)
    newest = query.order_by(col(AuditEntry.id).desc()).limit(1)
    last = tx.first(newest.where(AuditEntry.action == action)) if action else None
    last = last or tx.first(newest)  # another act may change the same, as suspending does the state
    fields = {name: fault("now_is", now=value) for name, value in (now or {}).items()}
    by, changed_at = (last.actor, last.at) if last else ("", tx.now)
    return Conflict("changed_meanwhile", fields=fields, by=by, changed_at=changed_at)
