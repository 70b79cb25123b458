"""Deliver events to the platforms that subscribed to them. Nothing is sent inside a transaction, and no address is
logged."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from standardwebhooks import Webhook

from campaigns.dependencies import Dependencies
from campaigns.donations.letters.outgoing import words_of
from kernel.db import Tx
from payments.outgoing import Claimed, Target, claim, keep_body, record, release_held, target_of
from payments.public_http import Unreachable, post
from payments.side_by_side import side_by_side

BATCH = 100


class _Ready(NamedTuple):
    delivery: Claimed
    target: Target | None
    body: dict[str, Any]


class _Attempt(NamedTuple):
    status: int | None
    failure: str = ""


def tell_partners(deps: Dependencies) -> int:
    """Send a batch of due deliveries and return how many were accepted. Safe to run concurrently."""
    with deps.db.transaction() as tx:
        release_held(tx)
        claimed = claim(tx, BATCH)
    if not claimed:
        return 0
    with deps.db.transaction() as tx:
        ready = [_ready(deps, tx, delivery) for delivery in claimed]
    attempts = side_by_side(lambda each: _send(each, loopback=deps.tell_loopback), ready)
    with deps.db.transaction() as tx:
        taken = [record(tx, each.delivery, *attempt) for each, attempt in zip(ready, attempts, strict=True)]
    return sum(taken)


def _ready(deps: Dependencies, tx: Tx, delivery: Claimed) -> _Ready:
    body = delivery.body
    if body is None:
        assert delivery.donation_id is not None
        body = words_of(tx, delivery.donation_id)
        keep_body(tx, delivery.id, body)
    return _Ready(delivery, target_of(tx, deps.keys, delivery.subscription_id), body)


def _send(ready: _Ready, *, loopback: bool) -> _Attempt:
    if ready.target is None:
        return _Attempt(None, "unsubscribed")
    if ready.target.paused:
        return _Attempt(None, "paused")
    message_id = f"evt_{ready.delivery.id}"  # the same for every attempt
    at = ready.delivery.created_at.isoformat()
    event = {"type": ready.delivery.type, "id": message_id, "occurred_at": at, "data": ready.body}
    payload = json.dumps(event, ensure_ascii=False, sort_keys=True)
    signed_at = datetime.now(UTC)  # the receiver compares it with its own clock
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": Webhook(ready.target.secret).sign(message_id, signed_at, payload),
    }
    try:
        return _Attempt(post(ready.target.url, payload.encode(), headers, loopback=loopback))
    except Unreachable as unreachable:
        return _Attempt(None, unreachable.code)
