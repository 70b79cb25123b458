"""The audit trail: one append-only row for every act of a manager, and for every event of security.

`campaigns.audit_chain` seals the rows, `campaigns.audit_trail` searches them, `campaigns.security_log` records the
events of security. What may be in a row, and why the address is shortened: docs/adr/0019-audit-trail.md.
"""

from collections.abc import Mapping
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

# The address of the request that is being served; "" for jobs and commands. Set by whoever knows it.
origin: ContextVar[str] = ContextVar("origin", default="")
IPV4_BITS, IPV6_BITS = 24, 48  # a provider's neighbourhood, not a person's line
DONOR = "donor"  # the actor who is not recognised by name, nor by where they are

# Entries of these kinds are lines of the log as well: who watches for attacks reads there.
SECURITY = frozenset({"manager", "session", "token", "contact", "export", "partner", "donors"})


class AuditEntry(SQLModel, table=True):
    """Who did what to which thing, and from which network. A trigger forbids UPDATE, DELETE and TRUNCATE."""

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


def add_entry(tx: Tx, actor: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    """Add an entry without a line in the log."""
    network = "" if actor == DONOR else network_of(origin.get())
    tx.add(AuditEntry(at=tx.now, actor=actor, action=action, subject=subject, detail=detail, address=network))


def network_of(address: str) -> str:
    """Return the network of an address, shortened as the trail may keep it; "" for what is no address."""
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
    """Return the fields whose values differ, as the `before` and `after` of an entry's detail."""
    names = sorted(name for name in after if before.get(name) != after[name])
    return {"before": {name: before.get(name) for name in names}, "after": {name: after[name] for name in names}}


def entries_of(tx: Tx, subject: str) -> list[AuditEntry]:
    """Return what managers did to one thing (`project:7`), newest first."""
    return tx.all(select(AuditEntry).where(AuditEntry.subject == subject).order_by(col(AuditEntry.id).desc()))


def changed_meanwhile(tx: Tx, subject: str, now: Mapping[str, str] | None = None, *, action: str = "") -> Conflict:
    """Return the refusal of a change made from an older state: it names who changed `subject` last, and when.

    `now`: what the fields are that somebody else changed, as people read them. `action`: the act that changes
    them, where others are done to the subject too.
    """
    query = select(AuditEntry).where(AuditEntry.subject == subject)
    if action:
        query = query.where(AuditEntry.action == action)
    last = tx.first(query.order_by(col(AuditEntry.id).desc()).limit(1))
    fields = {name: fault("now_is", now=value) for name, value in (now or {}).items()}
    by, changed_at = (last.actor, last.at) if last else ("", tx.now)
    return Conflict("changed_meanwhile", fields=fields, by=by, changed_at=changed_at)
