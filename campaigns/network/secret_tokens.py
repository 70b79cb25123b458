"""Random tokens that are shown once and stored only as a hash."""

import hashlib
import secrets

_BYTES = 32


def new_token(prefix: str = "") -> str:
    """Return an unguessable token. The prefix lets scanners and people recognise a leaked one."""
    return prefix + secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Return the hash by which a token is found. Unlike a password's it can be fast, because the token is
    random."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
