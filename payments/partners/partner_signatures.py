"""Signatures of partner platforms (Standard Webhooks): which secrets are valid for a request, and which signed it.

The secrets are read again for every request, so an ended one verifies nothing from the next request on.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import select

from kernel.db import NOW, Database
from kernel.errors import Forbidden
from kernel.keys import Keys
from kernel.strict_json import load_json
from kernel.text import is_storable
from payments.models import PartnerSecret
from payments.partners.partner_secrets import BOOKED, LIVE, SENDING, TEST, context_of
from payments.partners.standard_webhooks import check_signature

_USED_EVERY = timedelta(minutes=1)  # so that requests rarely write
# Used if a platform has no secret, so that the refusal takes the same work and has the same code.
_NOBODYS = "whsec_" + "bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="
_VALID = f"""
    SELECT t.now, p.name AS partner, p.state, s.id, s.sealed_secret, s.last_used_at, s.test
      FROM (SELECT {NOW} AS now OFFSET 0) t
      LEFT JOIN partner p ON p.name = ANY(:names)
      LEFT JOIN partner_secret s ON s.partner = p.name AND NOT s.waits AND (s.ends_at IS NULL OR s.ends_at > t.now)
     ORDER BY s.id"""


class SigningSecret(NamedTuple):
    """A valid secret in clear, for verifying; `last_used_at` is exact to the minute. What a `test` secret signs is
    only tried out."""

    id: int
    secret: str
    last_used_at: datetime | None
    test: bool = False


class SigningSecrets(NamedTuple):
    """The valid secrets of a platform (none if it is unknown or may not send), its state, and when they were
    read."""

    secrets: tuple[SigningSecret, ...]
    read_at: datetime
    state: str = ""


class _Row(NamedTuple):
    """The time, and a platform with one of its valid secrets, sealed, or with none; or no platform."""

    now: datetime
    partner: str | None
    state: str
    id: int | None
    sealed_secret: str
    last_used_at: datetime | None
    test: bool


def read_secrets(db: Database, keys: Keys, names: Sequence[str]) -> list[SigningSecrets]:
    """Return the valid secrets of platforms, in the order of `names`, read by one statement. They are not cached,
    so an ended one verifies nothing from the next request on."""
    known = sorted({name for name in names if is_storable(name)})
    rows = db.rows_at_once(_Row, _VALID, names=known)
    read_at = rows[0].now.astimezone(UTC)
    states = {row.partner: row.state for row in rows}
    secrets: dict[str, tuple[SigningSecret, ...]] = {}
    for row in rows:
        if row.partner and row.id is not None and row.state in (SENDING if row.test else BOOKED):
            secret = keys.unwrap_text(row.sealed_secret, context_of(row.partner))
            own = SigningSecret(row.id, secret, row.last_used_at, row.test)
            secrets[row.partner] = (own, *secrets.get(row.partner, ()))
    return [SigningSecrets(secrets.get(name, ()), read_at, states.get(name, "")) for name in names]


def verify(secret: str, payload: bytes, headers: Mapping[str, str]) -> Any:
    """Return the content of a request signed with this secret within the last five minutes.

    Raises as `check_signature`, and Invalid `body_invalid` if the body is not strict JSON.
    """
    check_signature(secret, payload, headers)
    return load_json(payload)


class Signed(NamedTuple):
    """A request signed by a platform: its body, its secret, and whether that use must be recorded (`note_use`)."""

    payload: bytes
    secret: SigningSecret
    unnoted: bool


def verify_any(known_secrets: SigningSecrets, payload: bytes, headers: Mapping[str, str]) -> Signed:
    """Return the request with the one of these secrets that signed it. Raises as `check_signature`."""
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
    """Verify a signature. Libraries that are strict about base64 use the part after `whsec_test_` as the key;
    lenient ones use all that follows `whsec_`, without the underscore. For a test secret both are accepted."""
    if not signer.test:
        check_signature(signer.secret, payload, headers)
        return
    key = signer.secret.removeprefix(TEST)
    try:
        check_signature(LIVE + key, payload, headers)
    except Forbidden as refusal:
        if refusal.code != "signature_invalid":
            raise
        check_signature(f"{LIVE}test{key}", payload, headers)


def note_use(db: Database, secret_id: int) -> None:
    """Record that a secret was used now. Of simultaneous requests only one does."""
    with db.transaction() as tx:
        query = select(PartnerSecret).where(PartnerSecret.id == secret_id)
        secret = tx.first(query.with_for_update(skip_locked=True, key_share=True))
        if secret is not None:
            secret.last_used_at = tx.now
