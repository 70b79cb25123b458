"""`POST /webhooks/partners/{name}`: events of partner platforms, one or up to 1,000, signed by them.

A batch is stored completely or not at all, so that a platform can correct it and send it again; with `?partial=1`
the good events are stored and the bad ones named. Events of types that we do not know are counted and ignored.
"""

from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, request

from app.current import deps, signing_secrets, store_messages
from app.http import access
from app.http.problems import coded_faults
from kernel.errors import Fault, Invalid, fault
from payments.messages import message
from payments.partner_events import BATCH_MOST, faults, is_unknown_type
from payments.partner_secrets import note_use, verify_any

blueprint = Blueprint("partner_webhook", __name__, url_prefix="/webhooks")

MOST_BYTES = 4 << 20
MOST_NAMED = 100  # faults: enough to correct a batch, without a response as large as one


class Batch(NamedTuple):
    """The events of a body: those to store, how many are of unknown types, and the faults of the others."""

    events: list[dict[str, Any]]
    ignored: int
    faults_by_index: dict[int, dict[str, Fault]]


@blueprint.post("/partners/<name>")
@access.signature
def receive(name: str) -> Any:
    """Store events. The response (202) counts new, repeated, conflicting and ignored ones."""
    request.max_content_length = MOST_BYTES
    payload = request.get_data()
    secrets = signing_secrets(name)
    body, unnoted = verify_any(secrets, payload, dict(request.headers))
    partial = request.args.get("partial") == "1"
    batch = read(body, secrets.read_at, partial=partial)
    if unnoted is not None:
        note_use(deps().db, unnoted)
    source = f"partner:{name}"
    stored = store_messages([message(source, event["id"], event, compare=True) for event in batch.events])
    counts: dict[str, Any] = {
        "accepted": stored.new,
        "repeated": stored.repeated,
        "conflicting": stored.conflicting,
    }
    if batch.ignored:
        counts["ignored"] = batch.ignored
    if partial:
        counts["refused"] = [
            {"index": index, "fields": coded_faults(refused)} for index, refused in batch.faults_by_index.items()
        ]
    return counts, 202


def read(body: Any, now: datetime, *, partial: bool = False) -> Batch:
    """Sort the events of a body.

    Raises Invalid `event_invalid` with every wrong field (with `partial` only when the body holds no events), and
    `batch_too_large`.
    """
    if not isinstance(body, dict):
        raise Invalid("event_invalid", fields={"body": fault("not_an_object")})
    if "events" not in body:
        events, prefix = [body], "{1}"
    elif not isinstance(body["events"], list) or not body["events"]:
        raise Invalid("event_invalid", fields={"events": fault("no_events")})
    else:
        events, prefix = body["events"], "events.{0}.{1}"
    if len(events) > BATCH_MOST:
        raise Invalid("batch_too_large", most=BATCH_MOST)
    known = {index: event for index, event in enumerate(events) if not is_unknown_type(event)}
    judged = {index: faults(event, now) for index, event in known.items()}
    faults_by_index = {index: refused for index, refused in judged.items() if refused}
    if faults_by_index and not partial:
        _refuse(faults_by_index, prefix)
    return Batch(
        [event for index, event in known.items() if index not in faults_by_index],
        len(events) - len(known),
        faults_by_index,
    )


def _refuse(faults_by_index: dict[int, dict[str, Fault]], prefix: str) -> None:
    fields = {
        prefix.format(index, field).rstrip("."): refused
        for index, event_faults in faults_by_index.items()
        for field, refused in event_faults.items()
    }
    raise Invalid("event_invalid", fields=dict(list(fields.items())[:MOST_NAMED]), faults=len(fields))
