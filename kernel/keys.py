"""Keys derived from the two configured secrets, and what they are for: look-ups, tokens, sealing.

In the kernel because payments seal partners' secrets and donations seal contacts with the same construction, and
siblings may not import each other (ADR 1).
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.ids import keyed_hash

_NONCE = 12  # bytes, NIST SP 800-38D


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"beishan:{purpose}".encode()).derive(secret.encode())


def seal(key: bytes, plain: bytes, context: bytes = b"") -> bytes:
    """Encrypt (AES-256-GCM); `context` must be the same when it is opened again."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes = b"") -> bytes:
    """Decrypt what `seal` returned. Raises ValueError when the key, the context or the bytes differ."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
    except InvalidTag as error:
        raise ValueError("sealed with another key, or damaged") from error


class Keys:
    """The keys of one installation: SECRET_KEY signs what is handed out, FIELD_KEY protects what is stored."""

    def __init__(self, secret_key: str, field_key: str) -> None:
        self._token = _derive(secret_key, "donation-token")
        self._lookup = _derive(field_key, "lookup")
        self._wrap = _derive(field_key, "wrap")

    def token(self, subject: str) -> str:
        """Return the bearer token of a thing: computed, never stored, the same each time."""
        return "dt_" + keyed_hash(self._token, subject)

    def lookup(self, *parts: str) -> str:
        """Return a keyed hash that recognises a person without storing who it is."""
        return keyed_hash(self._lookup, *parts)[:32]

    def wrap(self, plain: bytes, context: str) -> bytes:
        """Seal with the installation's own key."""
        return seal(self._wrap, plain, context.encode())

    def unwrap(self, sealed: bytes, context: str) -> bytes:
        """Open what `wrap` sealed. Raises ValueError."""
        return unseal(self._wrap, sealed, context.encode())

    def wrap_text(self, plain: str, context: str) -> str:
        return base64.b64encode(self.wrap(plain.encode(), context)).decode()

    def unwrap_text(self, sealed: str, context: str) -> str:
        return self.unwrap(base64.b64decode(sealed), context).decode()
