"""Signing secrets of partner platforms (Standard Webhooks): sealed at rest, shown once, rotated with two of them
valid side by side; and the verification of what they signed."""

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_
from sqlmodel import col, select
from standardwebhooks import Webhook, WebhookVerificationError

from kernel.db import Database, Tx
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, fault
from kernel.ids import MOST_ID
from kernel.keys import Keys
from kernel.strict_json import load_json
from kernel.text import is_storable
from payments.models import Partner, PartnerSecret, PartnerState

SECRET_BYTES = 32  # the specification asks for 24 to 64
MOST_VALID = 2  # at the same time: the one in use, and the one that is coming in
SENDING = (PartnerState.TEST, PartnerState.LIVE, PartnerState.PAUSED)  # states in which a platform is heard
BOOKED = (PartnerState.LIVE, PartnerState.PAUSED)  # and those in which it is taken at its word
_USED_EVERY = timedelta(minutes=1)  # so that requests hardly ever write
_LIVE, _TEST = "whsec_", "whsec_test_"
# Verified against when a platform has none: the refusal takes the same work and says the same.
_NOBODYS = "whsec_" + "bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="


class SigningSecret(NamedTuple):
    """A valid secret in clear, to verify with; `last_used_at` to the minute. What a `test` secret signs is only
    tried out."""

    id: int
    secret: str
    last_used_at: datetime | None
    test: bool = False


class SigningSecrets(NamedTuple):
    """The valid secrets of a platform, none when there is no such platform or it may not send, its state, and when
    they were read."""

    secrets: tuple[SigningSecret, ...]
    read_at: datetime
    state: str = ""


class NewSecret(NamedTuple):
    """A secret that was just made, this once in clear."""

    id: int
    secret: str
    created_at: datetime


def context_of(name: str) -> str:
    """Return what the sealed secrets of a platform are bound to."""
    return f"partner:{name}"


def make_secret(prefix: str = _LIVE) -> str:
    """Return a new secret; it is kept nowhere."""
    return prefix + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def add_secret(tx: Tx, keys: Keys, name: str, actor: str, *, test: bool = False, waits: bool = False) -> NewSecret:
    """Make a secret of a platform and return it, this once. `test`: what it signs is only tried out; `waits`: it is
    not valid before `activate`."""
    secret = make_secret(_TEST if test else _LIVE)
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
    """Make another secret of a platform (lock it before), of its test mode with `test`; the old one stays valid
    until a time, or until it is ended (None). With `waits` nothing else changes before `activate`. Raises Invalid
    `partner_invalid`, Conflict `partner_secrets_full` while two are valid.
    """
    valid = [secret for secret in valid_secrets(tx, partner.name) if secret.test == test]
    if old_valid_until is not None and old_valid_until <= tx.now:
        raise Invalid("partner_invalid", fields={"old_valid_until": fault("in_the_past")})
    if len(valid) >= MOST_VALID:
        raise Conflict("partner_secrets_full", most=MOST_VALID)
    if waits:
        return add_secret(tx, keys, partner.name, actor, waits=True)
    _end_at(valid, old_valid_until)
    return add_secret(tx, keys, partner.name, actor, test=test)


def activate(tx: Tx, partner: Partner, secret_id: int, old_valid_until: datetime | None) -> PartnerSecret:
    """Let a secret that waits be valid (lock the platform before); the old one stays valid until a time that may be
    over, or until it is ended (None). Raises NotFound `partner_secret_unknown`, Conflict `partner_secrets_full`.
    """
    secret = tx.get(PartnerSecret, secret_id, lock=True)
    if secret is None or secret.partner != partner.name or not secret.waits:
        raise NotFound("partner_secret_unknown")
    valid = [other for other in valid_secrets(tx, partner.name) if not other.test]
    if len(valid) >= MOST_VALID:
        raise Conflict("partner_secrets_full", most=MOST_VALID)
    _end_at(valid, max(old_valid_until, tx.now) if old_valid_until else None)
    secret.waits = False
    return secret


def _end_at(secrets: Sequence[PartnerSecret], at: datetime | None) -> None:
    for secret in secrets if at is not None else ():
        secret.ends_at = at


def end_secret(tx: Tx, partner: Partner, secret_id: int) -> PartnerSecret:
    """End a secret of a platform (lock it before) at once: what it signs is refused from the next request on.
    Idempotent. Raises NotFound `partner_secret_unknown`, Conflict `partner_secret_last` when no other one stays
    (of test secrets none need stay).
    """
    secret = tx.get(PartnerSecret, secret_id, lock=True) if 0 < secret_id <= MOST_ID else None
    if secret is None or secret.partner != partner.name:
        raise NotFound("partner_secret_unknown")
    valid = [other for other in valid_secrets(tx, partner.name) if other.test == secret.test]
    if secret in valid:
        if not secret.test and all(other is secret or other.ends_at for other in valid):
            raise Conflict("partner_secret_last")
        secret.ends_at = tx.now
    return secret


def list_secrets(tx: Tx, partner: Partner) -> list[PartnerSecret]:
    """Return the secrets of a platform, ended ones too, the newest first."""
    query = select(PartnerSecret).where(PartnerSecret.partner == partner.name)
    return tx.all(query.order_by(col(PartnerSecret.id).desc()))


def secret_of(tx: Tx, keys: Keys, name: str) -> str:
    """Return the newest valid secret of a platform. Raises NotFound `partner_unknown`."""
    valid = [secret for secret in valid_secrets(tx, name) if not secret.test] if is_storable(name) else []
    if not valid:
        raise NotFound("partner_unknown")
    return keys.unwrap_text(valid[-1].sealed_secret, context_of(name))


def read_secrets(db: Database, keys: Keys, names: Sequence[str]) -> list[SigningSecrets]:
    """Return the valid secrets of platforms, in the order of their names, read in one transaction. They are kept
    nowhere: one that was ended verifies nothing from the next request on."""
    with db.transaction() as tx:
        known = sorted({name for name in names if is_storable(name)})
        states = dict(tx.all(select(Partner.name, Partner.state).where(col(Partner.name).in_(known))))
        secrets: dict[str, tuple[SigningSecret, ...]] = {}
        for row in valid_secrets(tx, *(name for name, state in states.items() if state in SENDING)):
            if not row.test and states[row.partner] not in BOOKED:
                continue
            secret = keys.unwrap_text(row.sealed_secret, context_of(row.partner))
            own = SigningSecret(row.id or 0, secret, row.last_used_at, row.test)
            secrets[row.partner] = (own, *secrets.get(row.partner, ()))
        return [SigningSecrets(secrets.get(name, ()), tx.now, states.get(name, "")) for name in names]


def verify(secret: str, payload: bytes, headers: Mapping[str, str]) -> Any:
    """Return the content of a request that was signed with this secret within the last five minutes.

    Raises as `check_signature`, and Invalid `body_invalid` for a body that is not strict JSON.
    """
    check_signature(secret, payload, headers)
    return load_json(payload)


def check_signature(secret: str, payload: bytes, headers: Mapping[str, str]) -> None:
    """Check that a request was signed with this secret within the last five minutes.

    Raises Forbidden `signature_missing`, `signature_invalid` or `timestamp_out_of_tolerance`, and Invalid
    `body_invalid` for a body that is not UTF-8. The library raises ValueError and its relatives for malformed
    input beside its own error; here each becomes a refusal.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if not all(lower.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")):
        raise Forbidden("signature_missing")
    try:
        Webhook(secret).verify(payload, lower, json_parse=False)
    except WebhookVerificationError as error:
        stale = "timestamp too" in str(error)
        code = "timestamp_out_of_tolerance" if stale else "signature_invalid"
        raise Forbidden(code) from error
    except UnicodeDecodeError as error:
        raise Invalid("body_invalid") from error
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Forbidden("signature_invalid") from error


class Signed(NamedTuple):
    """A request that a platform signed: its body, with which secret, and whether the use of it is to be noted
    (`note_use`)."""

    payload: bytes
    secret: SigningSecret
    unnoted: bool


def verify_any(known_secrets: SigningSecrets, payload: bytes, headers: Mapping[str, str]) -> Signed:
    """Return by which of these secrets a request was signed. Raises as `check_signature`."""
    signers = known_secrets.secrets or (SigningSecret(0, _NOBODYS, known_secrets.read_at),)
    for position, signer in enumerate(signers, 1):
        try:
            _verify(signer, payload, headers)
        except Forbidden as refusal:
            if refusal.code != "signature_invalid" or position == len(signers):
                raise
            continue
        due = signer.last_used_at is None or known_secrets.read_at - signer.last_used_at >= _USED_EVERY
        return Signed(payload, signer, due)
    raise AssertionError("the last one returns or raises")


def _verify(signer: SigningSecret, payload: bytes, headers: Mapping[str, str]) -> None:
    """Verify a signature. Libraries that are strict about base64 take the part after `whsec_test_` as the key,
    lenient ones all that follows `whsec_`, without the underscore: with a test secret both are right."""
    if not signer.test:
        check_signature(signer.secret, payload, headers)
        return
    key = signer.secret.removeprefix(_TEST)
    try:
        check_signature(_LIVE + key, payload, headers)
    except Forbidden as refusal:
        if refusal.code != "signature_invalid":
            raise
        check_signature(f"{_LIVE}test{key}", payload, headers)


def forget_secrets(tx: Tx, ended_before: datetime) -> int:
    """Delete secrets that ended before this time; return how many."""
    ended = tx.all(select(PartnerSecret).where(col(PartnerSecret.ends_at) < ended_before))
    for secret in ended:
        tx.session.delete(secret)
    return len(ended)


def note_use(db: Database, secret_id: int) -> None:
    """Note that a secret was used now; of requests at the same moment one does."""
    with db.transaction() as tx:
        query = select(PartnerSecret).where(PartnerSecret.id == secret_id)
        secret = tx.first(query.with_for_update(skip_locked=True, key_share=True))
        if secret is not None:
            secret.last_used_at = tx.now


def valid_secrets(tx: Tx, *names: str) -> list[PartnerSecret]:
    """Return the valid secrets of platforms, the oldest first."""
    ends = col(PartnerSecret.ends_at)
    query = select(PartnerSecret).where(col(PartnerSecret.partner).in_(names), or_(ends.is_(None), ends > tx.now))
    query = query.where(col(PartnerSecret.waits).is_(False))
    return tx.all(query.order_by(col(PartnerSecret.id)))
