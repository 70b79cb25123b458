"""PURE. The draw of a random bonus, fixed by a secret seed and the donation's id, so that nobody can draw twice.

The SHA-256 of the seed is published when the pot is created, the seed itself when the campaign reaches its public
notice. From then on anyone can verify every draw (`docs/verify_draw.py`).
"""

import hmac
from hashlib import sha256

SEED_BYTES = 32
ALGORITHM = (
    "drawn_bps = least_bps + HMAC-SHA256(seed, donation_id) mod (most_bps - least_bps + 1); the MAC is read as "
    "an unsigned big-endian integer, donation_id is lower-case text with hyphens, commitment is SHA-256 of seed"
)


def commitment(seed: bytes) -> str:
    """Return the public commitment to a seed that is not revealed yet, as lower-case hex."""
    return sha256(seed).hexdigest()


def drawn_bps(seed: bytes, donation_id: str, least_bps: int, most_bps: int) -> int:
    """Return the ratio that a donation draws, in basis points from `least_bps` to `most_bps`, both included."""
    drawn = int.from_bytes(hmac.digest(seed, donation_id.encode(), "sha256"), "big")
    return least_bps + drawn % (most_bps - least_bps + 1)
