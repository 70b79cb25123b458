"""Signing secrets of partner platforms (Standard Webhooks): sealed at rest, shown once, rotated while two are
valid."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_
from sqlmodel import col, func, select

from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.text import is_storable
from payments.models import Partner, PartnerSecret, PartnerState

SECRET_BYTES = 32  # the specification requires 24 to 64
MOST_VALID = 2  # at the same time: the current one and the next one
SENDING = (PartnerState.TEST, PartnerState.LIVE, PartnerState.PAUSED)  # states in which a platform may send
BOOKED = (PartnerState.LIVE, PartnerState.PAUSED)  # states in which its live secrets count
LIVE, TEST = "whsec_", "whsec_test_"  # prefixes of secrets


class NewSecret(NamedTuple):
    """A new secret in clear, shown only once."""

    id: int
    secret: str
    created_at: datetime


def context_of(name: str) -> str:
    """Return the context to which the sealed secrets of a platform are bound."""
    return f"partner:{name}"


def make_secret(prefix: str = LIVE) -> str:
    """Return a new secret without storing it."""
    return prefix + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def add_secret(tx: Tx, keys: Keys, name: str, actor: str, *, test: bool = False, waits: bool = False) -> NewSecret:
    """Create a secret of a platform and return it, shown only once. `test`: what it signs is only tried out.
    `waits`: it is not valid before `activate`."""
    secret = make_secret(TEST if test else LIVE)
    row = tx.add(
        PartnerSecret(
            partner=name,
            sealed_secret=keys.wrap_text(secret, context_of(name)),
            created_at=tx.now,
            created_by=actor,
            test=test,
            waits=waits,
        )
    )
    assert row.id is not None
    return NewSecret(row.id, secret, row.created_at)


def rotate(
    tx: Tx,
    keys: Keys,
    partner: Partner,
    old_valid_until: datetime | None,
    actor: str,
    *,
    test: bool = False,
    waits: bool = False,
) -> NewSecret:
    """Create another secret of a platform (lock it first), for its test mode with `test`. The old one stays valid
    until a time, or until it is ended (None). With `waits` nothing else changes before `activate`. Raises
    Invalid `partner_invalid`, Conflict `partner_secrets_full` while two are valid."""
    valid = [secret for secret in valid_secrets(tx, partner.name) if secret.test == test]
    if old_valid_until is not None and old_valid_until <= tx.now:
        raise Invalid("partner_invalid", fields={"old_valid_until": fault("in_the_past")})
    if len(valid) >= MOST_VALID:
        raise Conflict("partner_secrets_full", most=MOST_VALID)
    if waits:
        return add_secret(tx, keys, partner.name, actor, test=test, waits=True)
    _end_at(valid, old_valid_until)
    return add_secret(tx, keys, partner.name, actor, test=test)


def activate(tx: Tx, partner: Partner, secret_id: int, old_valid_until: datetime | None) -> PartnerSecret:
    """Make a waiting secret valid (lock the platform first). The old one stays valid until a time, which may be
    past, or until it is ended (None). Raises NotFound `partner_secret_unknown`, Conflict `partner_secrets_full`."""
    secret = tx.get(PartnerSecret, secret_id, lock=True)
    if secret is None or secret.partner != partner.name or not secret.waits:
        raise NotFound("partner_secret_unknown")
    valid = [other for other in valid_secrets(tx, partner.name) if other.test == secret.test]
    if len(valid) >= MOST_VALID:
        raise Conflict("partner_secrets_full", most=MOST_VALID)
    _end_at(valid, max(old_valid_until, tx.now) if old_valid_until else None)
    secret.waits = False
    return secret


def _end_at(secrets: Sequence[PartnerSecret], at: datetime | None) -> None:
    for secret in secrets if at is not None else ():
        secret.ends_at = at


def end_secret(tx: Tx, partner: Partner, secret_id: int) -> PartnerSecret:
    """End a secret of a platform (lock it first) at once; its signatures are refused from the next request on.
    Idempotent. Raises NotFound `partner_secret_unknown`, Conflict `partner_secret_last` if no other one remains
    (no test secret needs to remain)."""
    secret = tx.get(PartnerSecret, secret_id, lock=True)
    if secret is None or secret.partner != partner.name:
        raise NotFound("partner_secret_unknown")
    valid = [other for other in valid_secrets(tx, partner.name) if other.test == secret.test]
    if secret in valid:
        if not secret.test and all(other is secret or other.ends_at for other in valid):
            raise Conflict("partner_secret_last")
        secret.ends_at = tx.now
    return secret


def list_secrets(tx: Tx, partner: Partner) -> list[PartnerSecret]:
    """Return the secrets of a platform, including ended ones, newest first."""
    query = select(PartnerSecret).where(PartnerSecret.partner == partner.name)
    return tx.all(query.order_by(col(PartnerSecret.id).desc()))


def heard_at(tx: Tx) -> dict[str, datetime]:
    """Return by platform when it last signed a request, to the minute; without those that never did."""
    used = select(PartnerSecret.partner, func.max(PartnerSecret.last_used_at))
    return {partner: at for partner, at in tx.all(used.group_by(col(PartnerSecret.partner))) if at}


def secret_of(tx: Tx, keys: Keys, name: str) -> str:
    """Return the newest valid secret of a platform, not counting test secrets. Raises NotFound
    `partner_unknown`."""
    valid = [secret for secret in valid_secrets(tx, name) if not secret.test] if is_storable(name) else []
    if not valid:
        raise NotFound("partner_unknown")
    return keys.unwrap_text(valid[-1].sealed_secret, context_of(name))


def forget_secrets(tx: Tx, ended_before: datetime) -> int:
    """Delete secrets that ended before this time; return how many."""
    ended = tx.all(select(PartnerSecret).where(col(PartnerSecret.ends_at) < ended_before))
    for secret in ended:
        tx.session.delete(secret)
    return len(ended)


def valid_secrets(tx: Tx, *names: str) -> list[PartnerSecret]:
    """Return the valid secrets of platforms, oldest first."""
    ends = col(PartnerSecret.ends_at)
    query = select(PartnerSecret).where(col(PartnerSecret.partner).in_(names), or_(ends.is_(None), ends > tx.now))
    query = query.where(col(PartnerSecret.waits).is_(False))
    return tx.all(query.order_by(col(PartnerSecret.id)))
