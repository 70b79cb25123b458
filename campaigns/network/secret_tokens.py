"""Random tokens that are handed out once, and of which we keep the hash."""

import hashlib
import secrets

_BYTES = 32


def new_token(prefix: str = "") -> str:
    """Return a token that cannot be guessed. The prefix lets scanners and people recognise a leaked one."""
    return prefix + secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Return the hash by which a token is found. Not that of a password: what is random need not be hashed
    slowly."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
