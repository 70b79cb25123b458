"""`POST /webhooks/partners/{name}`: events of partner platforms, one or up to 1,000, signed by them.

A batch is stored completely or not at all, so that a platform can correct it and send it again.
"""

from typing import Any

from flask import Blueprint, request

from app.current import deps
from app.http import access
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from payments.inbox import store
from payments.messages import message
from payments.partner_events import BATCH_MOST, faults
from payments.partners import secret_of, verify

blueprint = Blueprint("partner_webhook", __name__, url_prefix="/webhooks")

MOST_BYTES = 4 << 20
MOST_NAMED = 100  # faults: enough to correct a batch, without a response as large as one
# Verified against when the partner does not exist: the answer takes the same work and says the same.
_NOBODYS_SECRET = "whsec_" + "bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="


@blueprint.post("/partners/<name>")
@access.signature
def receive(name: str) -> Any:
    """Store events. The response (202) counts new, repeated and conflicting ones."""
    request.max_content_length = MOST_BYTES
    payload = request.get_data()
    with deps().db.transaction() as tx:
        secret = _secret(tx, name)
    events = read(verify(secret, payload, dict(request.headers)))
    source = f"partner:{name}"
    with deps().db.transaction() as tx:
        stored = store(tx, [message(source, event["id"], event, compare=True) for event in events])
    return {"accepted": stored.new, "repeated": stored.repeated, "conflicting": stored.conflicting}, 202


def _secret(tx: Tx, name: str) -> str:
    try:
        return secret_of(tx, deps().keys, name)
    except NotFound:
        return _NOBODYS_SECRET


def read(body: Any) -> list[dict[str, Any]]:
    """Return the events of a body. Raises Invalid `event_invalid` with every wrong field, `batch_too_large`."""
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
    wrong = {
        prefix.format(index, field).rstrip("."): refused
        for index, event in enumerate(events)
        for field, refused in faults(event).items()
    }
    if wrong:
        named = dict(list(wrong.items())[:MOST_NAMED])
        raise Invalid("event_invalid", fields=named, faults=len(wrong))
    return events
