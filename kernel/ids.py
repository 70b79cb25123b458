"""PURE. Ids and keyed hashes that more than one package needs."""

import hashlib
import json
from functools import lru_cache
from hmac import compare_digest
from typing import Any
from uuid import NAMESPACE_URL, UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

MOST_ID = 2**63 - 1  # the largest BIGINT; an id from outside may be any number


# Ids made from names (RFC 9562, version 5) are those of partners' donations. Clients may not choose one: whoever
# knows a partner and its order number could take the id before the partner's payment arrives.
PARTNERS_ID_VERSION = 5
_URLS = NAMESPACE_URL.bytes
_UNMARKED = ~(0xF << 76 | 0b11 << 62)  # all bits of an id but those of its version and variant
_MARKS = PARTNERS_ID_VERSION << 76 | 0b10 << 62


def donation_id_of(partner: str, their_id: str) -> UUID:
    """Return our id of a donation that a partner platform received. The same input always gives the same id.

    This is `uuid.uuid5` of that name, without its conversions, which take as long as the hash.
    """
    name = f"beishan:partner:{partner}:{their_id}".encode()
    digest = hashlib.sha1(_URLS + name, usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16]) & _UNMARKED | _MARKS)


def fingerprint(value: Any) -> str:
    """Return a hash of JSON-like content, independent of key order, to recognise a repeated body."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def keyed_hash(key: bytes, *parts: str) -> str:
    """Return a hash that only the holder of the key can compute, for look-ups of people and for tokens."""
    mac = _prepared(key).copy()
    mac.update("\x1f".join(parts).encode())
    return mac.finalize().hex()


@lru_cache(16)  # an installation has few keys; preparing one takes as long as using it
def _prepared(key: bytes) -> HMAC:
    return HMAC(key, SHA256())  # copying one of the standard library's takes twice as long


def same(left: str, right: str) -> bool:
    """Compare secrets in constant time."""
    return compare_digest(left.encode(), right.encode())
