"""PURE. Signatures of Standard Webhooks, over the bytes of a body. Most bodies are JSON; a bill may have any
encoding."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError

from kernel.errors import Forbidden

_PREFIX = "whsec_"
_FINER = range(12, 20)  # digits of milliseconds to nanoseconds, which the library cannot read as a time


def check_signature(secret: str, payload: bytes, headers: Mapping[str, str]) -> None:
    """Check that a request was signed with this secret within the last five minutes.

    Raises Forbidden `signature_missing`, `signature_invalid` or `timestamp_out_of_tolerance`. Besides its own error
    the library raises ValueError and related errors for malformed input; here each becomes a refusal.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if not all(lower.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")):
        raise Forbidden("signature_missing")
    stamp = lower["webhook-timestamp"]
    if stamp.isdecimal() and len(stamp) in _FINER:
        raise Forbidden("timestamp_out_of_tolerance")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        _check_bytes(secret, payload, lower)
        return
    _check_text(secret, text, lower)


def sent_at(stamp: str) -> datetime:
    """Return the `webhook-timestamp` of a request that `check_signature` accepted."""
    return datetime.fromtimestamp(float(stamp), UTC)


def _check_text(secret: str, text: str, headers: dict[str, str]) -> None:
    try:
        Webhook(secret).verify(text, headers, json_parse=False)
    except WebhookVerificationError as error:
        stale = "timestamp too" in str(error)
        code = "timestamp_out_of_tolerance" if stale else "signature_invalid"
        raise Forbidden(code) from error
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Forbidden("signature_invalid") from error


def _check_bytes(secret: str, payload: bytes, headers: dict[str, str]) -> None:
    """Check a body that is not UTF-8, which the library does not accept. The library still checks the time, by a
    valid signature over an empty body."""
    key = base64.b64decode(secret.removeprefix(_PREFIX) + "==")
    head = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
    _check_text(secret, "", headers | {"webhook-signature": _mac(key, head)})
    mac = _mac(key, head + payload).encode()
    if not any(hmac.compare_digest(mac, part.encode()) for part in headers["webhook-signature"].split(" ")):
        raise Forbidden("signature_invalid")


def _mac(key: bytes, content: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
