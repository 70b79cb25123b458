"""Messages that repeat an id with other contents, compared with the first one; personal data is left out."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from kernel.db import Tx
from kernel.errors import NotFound
from kernel.paging import Page
from payments.inbox.personal_parts import Body, kept_of, split
from payments.models import InboxConflict, InboxEvent


class ConflictLine(NamedTuple):
    """A message that contradicts an earlier one. It had no effect."""

    id: int
    source: str
    event_id: str
    received_at: datetime


class FieldPair(NamedTuple):
    """A field as it is in the first and in the second message; None where it is absent."""

    name: str
    first: str | None
    second: str | None

    @property
    def differs(self) -> bool:
        return self.first != self.second


class Comparison(NamedTuple):
    """Both versions of a message. `sealed`: it has personal parts besides these fields."""

    conflict: ConflictLine
    first_id: int | None
    first_received_at: datetime | None
    fields: list[FieldPair]
    sealed: bool


def list_conflicts(tx: Tx, page: Page, source: str | None = None) -> tuple[list[ConflictLine], int]:
    """Return a page of the messages (of a source) that contradict an earlier one, newest first, and the total."""
    chosen = [] if source is None else [InboxConflict.source == source]
    query = select(InboxConflict).where(*chosen).order_by(col(InboxConflict.id).desc())
    rows = tx.all(query.offset(page.offset).limit(page.size))
    total = tx.all(select(func.count()).select_from(InboxConflict).where(*chosen))[0]
    return [_line(row) for row in rows], total


def compare(tx: Tx, conflict_id: int) -> Comparison:
    """Return the fields of both versions that are not personal. Raises NotFound `event_unknown`."""
    second = tx.get(InboxConflict, conflict_id)
    if second is None:
        raise NotFound("event_unknown")
    same = (InboxEvent.source == second.source, InboxEvent.event_id == second.event_id)
    first = tx.first(select(InboxEvent).where(*same))
    before = dict(_fields(_clear(second.source, first.body))) if first else {}
    after = dict(_fields(_clear(second.source, second.body)))
    names = [*before, *(name for name in after if name not in before)]
    return Comparison(
        _line(second),
        first.id if first else None,
        first.received_at if first else None,
        [FieldPair(name, before.get(name), after.get(name)) for name in names],
        sealed=bool(second.sealed_by or (first and first.sealed_by)),
    )


def _line(row: InboxConflict) -> ConflictLine:
    return ConflictLine(row.id or 0, row.source, row.event_id, row.received_at)


def _clear(source: str, body: Body) -> Body:
    """Return the fields that are not personal. Earlier versions stored whole messages."""
    return split(body, kept_of(source))[0]


def _fields(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
