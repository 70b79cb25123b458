"""`POST /webhooks/partners/{name}`: events of partner platforms, one or up to 1,000, signed by them.

A batch is stored completely or not at all, so that a platform can correct it and send it again. With `?partial=1`
the valid events are stored and the invalid ones reported. Events of unknown types are counted and ignored. With
`Prefer: return=representation` (RFC 7240) the response contains the result of each event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from app.current import deps, store_messages
from app.http import access
from app.http.problems import coded_faults
from app.webhooks.signed import MOST_BYTES, SignedRequest, note_refused, signed_request
from campaigns.intake.door_events import events_of, of_test
from campaigns.intake.test_mode import receive_tests, stored_tests
from kernel.errors import Fault, Invalid, fault
from kernel.strict_json import load_json
from payments.messages import message
from payments.partners.partner_events import BATCH_MOST, faults, is_ping, is_test, is_unknown_type
from payments.partners.plain_events import is_plain

blueprint = Blueprint("partner_webhook", __name__, url_prefix="/webhooks")
blueprint.after_request(note_refused)

MOST_NAMED = 100  # faults: enough to correct a batch, without a response as large as the batch
REPRESENTATION = "return=representation"
RESULTS = ("accepted", "repeated", "conflicting", "ignored", "waiting", "refused")
__all__ = ["MOST_BYTES", "REPRESENTATION", "RESULTS", "blueprint"]


class Batch(NamedTuple):
    """The events of a body by index: those to store, pings, those of unknown types, and the faults of the
    others."""

    size: int
    events: dict[int, dict[str, Any]]
    pings: list[int]
    ignored: list[int]
    faults_by_index: dict[int, dict[str, Fault]]


@blueprint.post("/partners/<name>")
@access.signature
def receive(name: str) -> Any:
    """Store events. The response (202) counts new, repeated, conflicting and ignored events."""
    sent = signed_request(name)
    partial = bool(request.args) and request.args.get("partial") == "1"
    batch = read(load_json(sent.payload), sent.latest_clock, partial=partial)
    results = _store(sent, batch.events)
    counts: dict[str, Any] = {
        word: sum(result == word for result in results.values()) for word in ("accepted", "repeated", "conflicting")
    }
    if batch.ignored:
        counts["ignored"] = len(batch.ignored)
    if batch.pings:
        counts["pings"] = len(batch.pings)
    if partial:
        g.refused_events = {"event_invalid": len(batch.faults_by_index)} if batch.faults_by_index else {}
        counts["refused"] = [
            {"index": index, "fields": _named(refused)} for index, refused in batch.faults_by_index.items()
        ]
    if sent.test:
        counts["test"] = True
    elif marked := sum(map(is_test, batch.events.values())):
        counts["tests"] = marked
    return _represented(sent, batch, results, counts), 202


def read(body: Any, now: datetime, *, partial: bool = False) -> Batch:
    """Sort the events of a body into a batch.

    Raises Invalid `event_invalid` with every invalid field (with `partial` only if the body contains no events),
    and `batch_too_large`.
    """
    events = _events_of(body)
    batch = Batch(len(events), {}, [], [], {})
    for index, event in enumerate(events):
        if is_plain(event, now):
            batch.events[index] = event
        elif is_unknown_type(event):
            batch.ignored.append(index)
        elif is_ping(event):
            batch.pings.append(index)
        elif refused := faults(event, now):
            batch.faults_by_index[index] = refused
        else:
            batch.events[index] = event
    if batch.faults_by_index and not partial:
        _refuse(batch.faults_by_index, single="events" not in body)
    return batch


def _events_of(body: Any) -> list[Any]:
    """Return the events of a batch, or the one event that the body is."""
    if not isinstance(body, dict):
        raise Invalid("event_invalid", fields={"body": fault("not_an_object")})
    if "events" not in body:
        return [body]
    events = body["events"]
    if "data" in body:  # whichever we took, the other would be lost
        raise Invalid("event_invalid", fields={"events": fault("event_and_batch")})
    if not isinstance(events, list) or not events:
        raise Invalid("event_invalid", fields={"events": fault("no_events")})
    if len(events) > BATCH_MOST:
        raise Invalid("batch_too_large", most=BATCH_MOST)
    return events


def _refuse(faults_by_index: dict[int, dict[str, Fault]], *, single: bool) -> None:
    """Raise Invalid `event_invalid`. Fields of a batch begin with the place of their event: `events.3.data`."""
    fields = {
        field if single else ".".join(filter(None, ("events", str(index), field))): refused
        for index, event_faults in faults_by_index.items()
        for field, refused in event_faults.items()
    }
    raise Invalid("event_invalid", fields=dict(list(fields.items())[:MOST_NAMED]), faults=len(fields))


def _named(refused: Mapping[str, Fault]) -> dict[str, Any]:
    """Return the faults of an event by field, and by `event` if it is no object."""
    return coded_faults({field or "event": reason for field, reason in refused.items()})


def _store(sent: SignedRequest, events: Mapping[int, dict[str, Any]]) -> dict[int, str]:
    """Store events and return by index whether each is new, repeated or conflicting. Events in test mode, or marked
    as test, are only checked."""
    tests = {index: event for index, event in events.items() if sent.test or is_test(event)}
    real = {index: event for index, event in events.items() if index not in tests} if tests else events
    results: dict[int, str] = {}
    if real:
        messages = [message(sent.source, event["id"], event, compare=True) for event in real.values()]
        results |= zip(real, store_messages(messages).results, strict=True)
    if tests:
        with deps().db.transaction() as tx:
            judged = receive_tests(tx, deps(), sent.partner, list(tests.values()))
        results |= zip(tests, judged, strict=True)
    return results


def _represented(
    sent: SignedRequest, batch: Batch, results: Mapping[int, str], counts: dict[str, Any]
) -> Response | dict[str, Any]:
    """Return the counts, and the result of each event if the platform prefers that."""
    if REPRESENTATION not in request.headers.get("Prefer", "").replace(" ", "").lower():
        return counts
    rows: list[dict[str, Any]] = [{"index": index} for index in range(batch.size)]
    reasons = _waiting(sent, batch, results)
    for index, result in results.items():
        event_id = batch.events[index]["id"]
        rows[index] |= {"id": event_id, "result": result}
        if result != "conflicting" and event_id in reasons:
            rows[index] |= {"result": "waiting", "reason": reasons[event_id]}
    rows = [row | {"result": row.get("result", "ignored")} for row in rows]
    for index in batch.pings:
        rows[index]["result"] = "accepted"
    for index, refused in batch.faults_by_index.items():
        rows[index] |= {"result": "refused", "fields": _named(refused)}
    response = make_response(counts | {"events": rows})
    response.headers["Preference-Applied"] = REPRESENTATION
    return response


def _waiting(sent: SignedRequest, batch: Batch, results: Mapping[int, str]) -> dict[str, str | None]:
    """Return why events wait, by their id: repeated events and those of a test."""
    tests = [event["id"] for event in batch.events.values() if sent.test or is_test(event)]
    known = [batch.events[index]["id"] for index, result in results.items() if result == "repeated"]
    with deps().db.transaction() as tx:
        events = [of_test(row) for row in stored_tests(tx, sent.partner, tests)] if tests else []
        events += events_of(tx, sent.source, [event_id for event_id in known if event_id not in set(tests)])
    return {event.id: event.reason for event in events if event.state in ("waiting", "flagged")}
