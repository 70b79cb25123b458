"""Events that we send to platforms (Standard Webhooks): queued with the fact, claimed in one transaction, sent
outside any, recorded in another."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel import col, func, select

from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.paging import Page
from payments.models import Partner, PartnerState
from payments.outgoing_models import DeliveryState, OutgoingType, PartnerDelivery, PartnerSubscription
from payments.partners.partner_secrets import BOOKED, make_secret
from payments.public_http import refused_without_lookup

LEASE = timedelta(minutes=2)  # after that, a delivery whose sender died is sent by another one, under the same id
BACKOFF = (1, 5, 15, 60, 180, 360, 360, 480)  # minutes until the next attempt; about a day in all
MOST_SUBSCRIPTIONS = 5  # per platform at a time
MOST_URL = 500
HELD_FOR = timedelta(days=30)  # while a subscription or its platform is paused, our default; then given up


class Claimed(NamedTuple):
    """A delivery to send now; `attempts` includes this one."""

    id: int
    subscription_id: int
    type: str
    donation_id: UUID | None
    body: dict[str, Any] | None
    attempts: int
    created_at: datetime


class Target(NamedTuple):
    """Where a delivery goes, and the secret that signs it. `paused`: the subscription or its platform is, so that
    the delivery is held."""

    partner: str
    url: str
    secret: str
    paused: bool


def context_of(partner: str) -> str:
    """Return the context to which the secret of a subscription is bound."""
    return f"subscription\x1f{partner}"


def subscribe(
    tx: Tx, keys: Keys, partner: Partner, url: str, types: Sequence[str], actor: str, *, loopback: bool = False
) -> tuple[PartnerSubscription, str]:
    """Subscribe a platform (lock it first) to these kinds of events at an address. Return the subscription and its
    signing secret, which is shown only once. `loopback`: allow an address of this machine, without TLS (the demo).
    Raises Invalid `subscription_invalid`, Conflict `subscriptions_full`."""
    faults = {}
    if not is_web_address(url):
        faults["url"] = fault("not_an_address")
    elif refused := refused_without_lookup(url, loopback=loopback):
        faults["url"] = fault("address_private") if refused == "address_private" else fault("not_an_address")
    unknown = [name for name in types if name not in set(OutgoingType)]
    if unknown or not types:
        faults["types"] = fault("not_one_of", options=list(OutgoingType))
    if faults:
        raise Invalid("subscription_invalid", fields=faults)
    if len(subscriptions_of(tx, partner.name)) >= MOST_SUBSCRIPTIONS:
        raise Conflict("subscriptions_full", most=MOST_SUBSCRIPTIONS)
    secret = make_secret()
    row = PartnerSubscription(
        partner=partner.name,
        url=url,
        types=sorted(set(types)),
        sealed_secret=keys.wrap_text(secret, context_of(partner.name)),
        created_at=tx.now,
        created_by=actor,
    )
    return tx.add(row), secret


def is_web_address(url: str) -> bool:
    """Return whether a text has the form of a delivery address. What its host means is checked at each delivery."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MOST_URL
    named = bool(parts.hostname) and parts.username is None and parts.password is None
    return plain and parts.scheme in ("https", "http") and named and port != 0


def subscriptions_of(tx: Tx, partner: str) -> list[PartnerSubscription]:
    """Return the subscriptions of a platform that have not ended, oldest first."""
    mine = select(PartnerSubscription).where(PartnerSubscription.partner == partner)
    return tx.all(mine.where(col(PartnerSubscription.ended_at).is_(None)).order_by(col(PartnerSubscription.id)))


def unsubscribe(tx: Tx, partner: str, subscription_id: int) -> PartnerSubscription:
    """End a subscription; its due deliveries are no longer sent. Idempotent. Raises NotFound
    `subscription_unknown`."""
    row = _locked(tx, partner, subscription_id)
    row.ended_at = row.ended_at or tx.now
    return tx.add(row)


def pause(tx: Tx, partner: str, subscription_id: int) -> PartnerSubscription:
    """Pause a subscription; its deliveries are held for `HELD_FOR`. Idempotent. Raises NotFound
    `subscription_unknown`, Conflict `subscription_ended`."""
    row = _running(tx, partner, subscription_id)
    row.paused_at = row.paused_at or tx.now
    _move(tx, subscription_id, DeliveryState.DUE, DeliveryState.HELD)
    return tx.add(row)


def resume(tx: Tx, partner: str, subscription_id: int) -> PartnerSubscription:
    """Resume a subscription; its held deliveries are sent first. Idempotent. Raises as `pause`."""
    row = _running(tx, partner, subscription_id)
    row.paused_at = None
    _move(tx, subscription_id, DeliveryState.HELD, DeliveryState.DUE)
    return tx.add(row)


def _running(tx: Tx, partner: str, subscription_id: int) -> PartnerSubscription:
    row = _locked(tx, partner, subscription_id)
    if row.ended_at is not None:
        raise Conflict("subscription_ended")
    return row


def _locked(tx: Tx, partner: str, subscription_id: int) -> PartnerSubscription:
    row = tx.get(PartnerSubscription, subscription_id, lock=True)
    if row is None or row.partner != partner:
        raise NotFound("subscription_unknown")
    return row


def _move(tx: Tx, subscription_id: int, before: DeliveryState, after: DeliveryState) -> None:
    tx.run(
        """UPDATE partner_delivery SET state = :after, due_at = :now
            WHERE subscription_id = :id AND state = :before""",
        id=subscription_id,
        before=before.value,
        after=after.value,
        now=tx.now,
    )


def release_held(tx: Tx) -> int:
    """Make deliveries due that are no longer held back, because their platform is live again or ended, or because
    they were written while their subscription was resumed or ended; give up those held too long. Return how
    many."""
    return tx.run(
        """UPDATE partner_delivery d
              SET state = CASE WHEN d.created_at < :since THEN 'failed' ELSE 'due' END,
                  failure = CASE WHEN d.created_at < :since THEN 'held_too_long' ELSE d.failure END,
                  due_at = :now,
                  ended_at = CASE WHEN d.created_at < :since THEN CAST(:now AS timestamptz) END
             FROM partner_subscription s JOIN partner p ON p.name = s.partner
            WHERE s.id = d.subscription_id AND d.state = 'held'
              AND ((s.paused_at IS NULL AND p.state <> 'paused') OR s.ended_at IS NOT NULL
                   OR p.state = 'ended' OR d.created_at < :since)""",
        since=tx.now - HELD_FOR,
        now=tx.now,
    )


def queue(tx: Tx, type_: OutgoingType, body: dict[str, Any], project_codes: Sequence[str] | None) -> None:
    """Queue an event for the live and paused platforms that subscribed to it and may raise money for one of these
    projects (None: all subscribers)."""
    rows = tx.all(
        select(PartnerSubscription, Partner)
        .join(Partner, col(Partner.name) == col(PartnerSubscription.partner))
        .where(col(PartnerSubscription.ended_at).is_(None), col(Partner.state).in_(BOOKED))
        .order_by(col(PartnerSubscription.id))
    )
    for subscription, partner in rows:
        allowed = partner.projects is None or project_codes is None or set(partner.projects) & set(project_codes)
        if allowed:
            _queue_to(tx, subscription, type_, body)


def queue_for(tx: Tx, type_: OutgoingType, partner: str, body: dict[str, Any]) -> None:
    """Queue an event for one platform, if it subscribed to it."""
    for subscription in subscriptions_of(tx, partner):
        _queue_to(tx, subscription, type_, body)


def _queue_to(tx: Tx, subscription: PartnerSubscription, type_: OutgoingType, body: dict[str, Any]) -> None:
    if type_ in subscription.types and subscription.id is not None:
        state = DeliveryState.HELD if subscription.paused_at else DeliveryState.DUE
        delivery = PartnerDelivery(
            subscription_id=subscription.id, type=type_.value, body=body, created_at=tx.now, due_at=tx.now
        )
        delivery.state = state.value
        tx.add(delivery)


def claim(tx: Tx, most: int) -> list[Claimed]:
    """Claim due deliveries for `LEASE`. Other workers skip them during that time."""
    return tx.rows_as(
        Claimed,
        """UPDATE partner_delivery SET attempts = attempts + 1, due_at = :lease
            WHERE id IN (SELECT id FROM partner_delivery WHERE state = 'due' AND due_at <= :now
                          ORDER BY due_at, id LIMIT :most FOR UPDATE SKIP LOCKED)
        RETURNING id, subscription_id, type, donation_id, body, attempts, created_at""",
        now=tx.now,
        lease=tx.now + LEASE,
        most=most,
    )


def target_of(tx: Tx, keys: Keys, subscription_id: int) -> Target | None:
    """Return where a delivery goes; None if its subscription has ended, or its platform is neither live nor
    paused."""
    row = tx.get(PartnerSubscription, subscription_id)
    assert row is not None
    partner = tx.get(Partner, row.partner)
    if row.ended_at is not None or partner is None or partner.state not in BOOKED:
        return None
    secret = keys.unwrap_text(row.sealed_secret, context_of(row.partner))
    paused = row.paused_at is not None or partner.state == PartnerState.PAUSED
    return Target(row.partner, row.url, secret, paused)


def keep_body(tx: Tx, delivery_id: int, body: dict[str, Any]) -> None:
    """Keep the body of the first attempt, which later attempts repeat."""
    row = tx.get(PartnerDelivery, delivery_id, lock=True)
    assert row is not None
    row.body = body
    tx.add(row)


def record(tx: Tx, delivery: Claimed, status: int | None, failure: str = "") -> bool:
    """Record the outcome of an attempt and return whether the platform accepted it (status 2xx). `failure` is a
    code, never what the other side wrote."""
    row = tx.get(PartnerDelivery, delivery.id, lock=True)
    assert row is not None
    is_taken = status is not None and 200 <= status < 300
    row.status, row.failure = status, failure
    if is_taken:
        row.state, row.ended_at = DeliveryState.SENT.value, tx.now
    elif failure == "paused":  # paused since it was claimed
        row.state, row.attempts, row.failure = DeliveryState.HELD.value, 0, ""
    elif delivery.attempts > len(BACKOFF) or failure == "unsubscribed":
        row.state, row.ended_at = DeliveryState.FAILED.value, tx.now
    else:
        row.due_at = tx.now + timedelta(minutes=BACKOFF[delivery.attempts - 1])
    tx.add(row)
    return is_taken


def send_again(tx: Tx, partner: str, delivery_id: int) -> PartnerDelivery:
    """Make a delivery due now, with the same id and body. Raises NotFound `delivery_unknown`."""
    row = tx.get(PartnerDelivery, delivery_id, lock=True)
    subscription = tx.get(PartnerSubscription, row.subscription_id) if row else None
    if row is None or subscription is None or subscription.partner != partner:
        raise NotFound("delivery_unknown")
    row.state, row.attempts, row.due_at, row.ended_at = DeliveryState.DUE.value, 0, tx.now, None
    return tx.add(row)


def list_deliveries(tx: Tx, partner: str, page: Page) -> tuple[list[PartnerDelivery], int]:
    """Return a page of a platform's deliveries, newest first, and their number."""
    own = select(col(PartnerSubscription.id)).where(PartnerSubscription.partner == partner)
    chosen = col(PartnerDelivery.subscription_id).in_(own)
    newest = select(PartnerDelivery).where(chosen).order_by(col(PartnerDelivery.id).desc())
    total = tx.first(select(func.count()).select_from(PartnerDelivery).where(chosen)) or 0
    return tx.all(newest.offset(page.offset).limit(page.size)), total
