"""Requests signed by a partner platform, the only access to all of its addresses.

A request without a body is signed over an empty one. The signature does not cover the address, so every request
that changes something needs a body.
"""

import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from flask import current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.current import deps, signing_secrets
from app.http.rate_limit import hit, left
from campaigns.intake.check_list import Check, note_check
from campaigns.intake.refusal_counts import count_refusal
from kernel.errors import Forbidden
from payments.models import PartnerState
from payments.partners.partner_signatures import SigningSecrets, note_use, verify_any
from payments.partners.standard_webhooks import sent_at

MOST_BYTES = 4 << 20
_WRITTEN_EVERY_S = 5.0
_NO_FAULT = ("event_unknown", "donation_unknown", "rate_limited")  # not counted as faults of the platform
QUESTIONS, QUESTIONS_S = 600, 60  # queries per platform and seconds, our default


class SignedRequest(NamedTuple):
    """A signed request of a platform. `test`: signed with a secret of its test mode.

    `latest_clock`: when it arrived, by our database's clock or by its signed time stamp, whichever is later. No
    event may lie far after it. If our clock is slow, there is nothing that a platform could correct.
    """

    partner: str
    payload: bytes
    test: bool
    latest_clock: datetime

    @property
    def source(self) -> str:
        return f"partner:{self.partner}"


def signed_request(name: str, most_bytes: int = MOST_BYTES) -> SignedRequest:
    """Return the current request after verification. Raises like
    `payments.partners.partner_signatures.verify_any`."""
    request.max_content_length = most_bytes
    payload = request.get_data()
    secrets = signing_secrets(name)
    g.partner = name if secrets.state else None
    try:
        signed = verify_any(secrets, payload, dict(request.headers))
    except Forbidden as refusal:
        _note_wrong_key(name, secrets, refusal)
        raise
    if signed.unnoted:
        note_use(deps().db, signed.secret.id)
    latest_clock = max(secrets.read_at, sent_at(request.headers["webhook-timestamp"]))
    return SignedRequest(name, payload, signed.secret.test, latest_clock)


def question(name: str) -> SignedRequest:
    """Return the current request, a query, verified. Raises like `signed_request`, and Forbidden `rate_limited`."""
    asking = signed_request(name)
    hit("partner-door", name, QUESTIONS, QUESTIONS_S)
    remaining, reset_s = left("partner-door", name, QUESTIONS, QUESTIONS_S)
    g.rate_limit = {
        "RateLimit-Policy": f'"door";q={QUESTIONS};w={QUESTIONS_S}',
        "RateLimit": f'"door";r={remaining};t={reset_s}',
    }
    return asking


def tell_rate_limit(response: Response) -> Response:
    """State the platform's remaining queries in headers (draft-ietf-httpapi-ratelimit-headers)."""
    response.headers.update(g.get("rate_limit", {}))
    return response


class Strangers:
    """Counts of unauthenticated refusals by platform and code, written only every few seconds, so that a flood of
    them causes few writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._written_at = 0.0

    def count(self, name: str, code: str) -> Counter[tuple[str, str]]:
        """Count a refusal and return the counts to write now, usually none."""
        with self._lock:
            self._counts[name, code] += 1
            now = time.monotonic()
            if now - self._written_at < _WRITTEN_EVERY_S:
                return Counter()
            due, self._counts, self._written_at = self._counts, Counter(), now
            return due


def note_refused(response: Response) -> Response:
    """Count a refused request of a registered platform by its code, in a separate transaction."""
    name: str | None = g.get("partner")
    if name is None:
        return response
    refused: Counter[tuple[str, str]] = Counter(
        {(name, code): n for code, n in g.get("refused_events", {}).items()}
    )
    if response.status_code == 401 and g.get("code"):
        strangers: Strangers = current_app.extensions.setdefault("refused_strangers", Strangers())
        refused += strangers.count(name, g.code)
    elif 400 <= response.status_code < 500 and g.get("code") not in (None, *_NO_FAULT):
        refused[name, g.code] += 1
    if refused:
        with suppress(SQLAlchemyError), deps().db.transaction() as tx:
            for (partner, code), events in sorted(refused.items()):
                count_refusal(tx, partner, code, events)
    return response


def _note_wrong_key(name: str, secrets: SigningSecrets, refusal: Forbidden) -> None:
    """Note for a platform in test mode that it has seen the refusal of a wrong key."""
    if secrets.state == PartnerState.TEST and refusal.code == "signature_invalid":
        with deps().db.transaction() as tx:
            note_check(tx, name, Check.WRONG_KEY)
