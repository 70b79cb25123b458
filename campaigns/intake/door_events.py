"""A partner platform's queries about its own events: the outcome of each, under the platform's ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, func, select

from kernel.db import Tx
from kernel.errors import NotFound
from kernel.text import is_storable
from payments.models import InboxConflict, PartnerTestEvent
from payments.partners.partner_events import PAID

MOST_LISTED = 100


class DoorEvent(NamedTuple):
    """An event of a platform: its state (see InboxWork), the reason for that state, and when it was received and
    processed.

    `place` is its position in the order of arrival.
    """

    place: int
    id: str
    type: str
    donation_id: str
    state: str
    note: str
    received_at: datetime
    processed_at: datetime | None

    @property
    def reason(self) -> str | None:
        """The stable code of the reason, without the internal details after it."""
        return self.note.partition(":")[0] or None


_SELECT = """SELECT e.id AS place, e.event_id AS id, e.body ->> 'type' AS type,
                    coalesce(e.body #>> '{data,donation_id}', '') AS donation_id, w.state, w.note, e.received_at,
                    w.done_at AS processed_at
               FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id"""


def event_of(tx: Tx, source: str, event_id: str) -> DoorEvent:
    """Return an event of a source. Raises NotFound `event_unknown`."""
    events = events_of(tx, source, [event_id]) if is_storable(event_id) else []
    if not events:
        raise NotFound("event_unknown")
    return events[0]


def events_of(tx: Tx, source: str, event_ids: Sequence[str]) -> list[DoorEvent]:
    """Return the stored events of a source among these ids."""
    if not event_ids:
        return []
    where = "WHERE e.source = :source AND e.event_id = ANY(:ids)"
    return tx.rows_as(DoorEvent, f"{_SELECT} {where}", source=source, ids=list(event_ids))


class WaitingPayment(NamedTuple):
    """A payment that has not become a donation yet; fen."""

    project_code: str
    amount_minor: int
    currency: str
    paid_at: str
    note: str


def waiting_payment(tx: Tx, source: str, their_id: str) -> WaitingPayment | None:
    """Return the first waiting or flagged payment of a donation, by the platform's id."""
    rows = tx.rows_as(
        WaitingPayment,
        """SELECT e.body #>> '{data,project_code}' AS project_code,
                  CAST(e.body #>> '{data,amount_minor}' AS bigint) AS amount_minor,
                  e.body #>> '{data,currency}' AS currency, e.body #>> '{data,paid_at}' AS paid_at, w.note
             FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('waiting', 'flagged') AND w.reference = :their_id
              AND e.source = :source AND e.body ->> 'type' = :paid
            ORDER BY e.id LIMIT 1""",
        source=source,
        paid=PAID,
        their_id=their_id,
    )
    return rows[0] if rows else None


def list_events(
    tx: Tx, source: str, *, state: str | None = None, since: datetime | None = None, after: int = 0
) -> list[DoorEvent]:
    """Return up to `MOST_LISTED` events of a source in order of arrival, optionally only those in a state, received
    since a time, or after a place."""
    return tx.rows_as(
        DoorEvent,
        f"""{_SELECT} WHERE e.source = :source AND e.id >= :first
                        AND (CAST(:state AS text) IS NULL OR w.state = :state)
             ORDER BY e.id LIMIT :most""",
        source=source,
        state=state,
        first=max(after + 1, first_place_since(tx, since) if since else 0),
        most=MOST_LISTED,
    )


def first_place_since(tx: Tx, since: datetime) -> int:
    """Return the place from which on all messages were received since a time.

    Messages are stored in order of arrival, so a binary search finds it without an index on the times.
    """
    low, high = 0, int(tx.scalar("SELECT coalesce(max(id), 0) FROM inbox_event")) + 1
    while low < high:
        middle = (low + high) // 2
        row = tx.row("SELECT id, received_at FROM inbox_event WHERE id >= :id ORDER BY id LIMIT 1", id=middle)
        if row is None or row.received_at >= since:
            high = middle
        else:
            low = row.id + 1
    return low


def count_states(tx: Tx, source: str, since: datetime, until: datetime) -> dict[str, int]:
    """Return state -> number of events of a source that were received in a span of time."""
    rows = tx.rows(
        """SELECT w.state, count(*) AS events FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id
            WHERE e.source = :source AND e.id >= :first AND e.id < :end GROUP BY w.state""",
        source=source,
        first=first_place_since(tx, since),
        end=first_place_since(tx, until),
    )
    return {row.state: row.events for row in rows}


def count_open(tx: Tx, source: str) -> dict[str, int]:
    """Return how many events of a source are due (`new`), waiting or flagged."""
    rows = tx.rows(
        """SELECT w.state, count(*) AS events FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('new', 'waiting', 'flagged') AND e.source = :source GROUP BY w.state""",
        source=source,
    )
    return dict.fromkeys(("new", "waiting", "flagged"), 0) | {row.state: row.events for row in rows}


def open_by_partner(tx: Tx) -> dict[tuple[str, str], int]:
    """Return (platform, state) -> number of events that are due, waiting or flagged."""
    rows = tx.rows(
        """SELECT substr(e.source, 9) AS partner, w.state, count(*) AS events
             FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('new', 'waiting', 'flagged') AND e.source LIKE 'partner:%' GROUP BY 1, 2"""
    )
    return {(row.partner, row.state): row.events for row in rows}


def oldest_due_at(tx: Tx, source: str) -> datetime | None:
    """Return when the oldest unprocessed event of a source was received."""
    received_at: datetime | None = tx.scalar(
        """SELECT min(e.received_at) FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state = 'new' AND e.source = :source""",
        source=source,
    )
    return received_at


def count_conflicts(tx: Tx, source: str, since: datetime | None = None, until: datetime | None = None) -> int:
    """Return how many events of a source, received in a span of time, contradict an earlier event."""
    query = select(func.count()).select_from(InboxConflict).where(InboxConflict.source == source)
    if since is not None and until is not None:
        query = query.where(col(InboxConflict.received_at) >= since, col(InboxConflict.received_at) < until)
    return tx.first(query) or 0


def of_test(row: PartnerTestEvent) -> DoorEvent:
    """Return a test event in the form that its platform sees."""
    assert row.id is not None
    kept = (row.event_id, row.type, row.their_id, row.state, row.note, row.received_at, row.received_at)
    return DoorEvent(row.id, *kept)


def list_tests(
    tx: Tx, partner: str, *, state: str | None = None, since: datetime | None = None, after: int = 0
) -> list[DoorEvent]:
    """Return a platform's test events, filtered as in `list_events`."""
    query = select(PartnerTestEvent).where(PartnerTestEvent.partner == partner, col(PartnerTestEvent.id) > after)
    if state is not None:
        query = query.where(PartnerTestEvent.state == state)
    if since is not None:
        query = query.where(col(PartnerTestEvent.received_at) >= since)
    return [of_test(row) for row in tx.all(query.order_by(col(PartnerTestEvent.id)).limit(MOST_LISTED))]


def tests_between(tx: Tx, partner: str, since: datetime, until: datetime) -> list[DoorEvent]:
    """Return a platform's test events that were received in a span of time."""
    query = select(PartnerTestEvent).where(PartnerTestEvent.partner == partner)
    received_at = col(PartnerTestEvent.received_at)
    return [of_test(row) for row in tx.all(query.where(received_at >= since, received_at < until))]
