"""Keys derived from the two configured secrets, and their uses: look-ups, tokens, sealing.

In the kernel because payments seal partners' secrets and donations seal contacts with the same construction, and
siblings may not import each other (ADR 1).
"""

import base64
import os
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.ids import keyed_hash

_NONCE = 12  # bytes, NIST SP 800-38D
CONTENT_MARK = "k:"  # prefix of a keyed hash of content; earlier versions stored unkeyed ones


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"beishan:{purpose}".encode()).derive(secret.encode())


def random_each(count: int, size: int) -> list[bytes]:
    """Return `count` times `size` random bytes. The system is asked once: a question costs as much as sealing."""
    drawn = os.urandom(count * size)
    return [drawn[start : start + size] for start in range(0, len(drawn), size)]


class Cipher:
    """A key that is prepared to seal and unseal (AES-256-GCM). Preparing it takes as long as using it."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, plain: bytes, context: bytes = b"") -> bytes:
        """Encrypt. `unseal` needs the same `context`."""
        return self.seal_each([plain], [context])[0]

    def seal_each(self, plains: Sequence[bytes], contexts: Iterable[bytes]) -> list[bytes]:
        """Encrypt many, each in its context."""
        nonces, encrypt = random_each(len(plains), _NONCE), self._aead.encrypt
        return [
            nonce + encrypt(nonce, plain, context)
            for nonce, plain, context in zip(nonces, plains, contexts, strict=True)
        ]

    def unseal(self, sealed: bytes, context: bytes = b"") -> bytes:
        """Decrypt what `seal` returned. Raises ValueError when the key, the context or the bytes differ."""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except InvalidTag as error:
            raise ValueError("sealed with another key, or damaged") from error


def seal(key: bytes, plain: bytes, context: bytes = b"") -> bytes:
    """Encrypt with a key that is used once, like `Cipher.seal`."""
    return Cipher(key).seal(plain, context)


def seal_each(keys: Iterable[bytes], plains: Sequence[bytes], contexts: Iterable[bytes]) -> list[bytes]:
    """Encrypt many, each with a key of its own that is used once, like `seal`."""
    nonces = random_each(len(plains), _NONCE)
    return [
        nonce + AESGCM(key).encrypt(nonce, plain, context)
        for nonce, key, plain, context in zip(nonces, keys, plains, contexts, strict=True)
    ]


def unseal(key: bytes, sealed: bytes, context: bytes = b"") -> bytes:
    """Decrypt with a key that is used once, like `Cipher.unseal`."""
    return Cipher(key).unseal(sealed, context)


class Keys:
    """The keys of one installation. SECRET_KEY signs what is given to clients, FIELD_KEY protects what is stored.

    What was wrapped with an earlier FIELD_KEY can be opened as long as `field_key_before` names it. `lookup_key`
    makes the keyed hashes and opens nothing; by default it is FIELD_KEY.
    """

    def __init__(self, secret_key: str, field_key: str, field_key_before: str = "", lookup_key: str = "") -> None:
        self._token = _derive(secret_key, "donation-token")
        self._erased = _derive(secret_key, "erased-donor")
        lookup = lookup_key or field_key
        self._lookup = _derive(lookup, "lookup")
        self._content = _derive(lookup, "content")
        wraps = [_derive(key, "wrap") for key in (field_key, *filter(None, (field_key_before,)))]
        self._wraps = [Cipher(key) for key in wraps]
        self.key_id = keyed_hash(wraps[0], "id")[:8]  # which FIELD_KEY wrapped a key

    def token(self, subject: str) -> str:
        """Return the bearer token of a subject. It is computed, never stored, and the same each time."""
        return "dt_" + keyed_hash(self._token, subject)

    def lookup(self, *parts: str) -> str:
        """Return a keyed hash that recognises a person without revealing who they are."""
        return keyed_hash(self._lookup, *parts)[:32]

    def content(self, fingerprint: str) -> str:
        """Return a keyed hash of a content hash.

        From an unkeyed hash the missing parts could be guessed, because there are few phone numbers.
        """
        return CONTENT_MARK + keyed_hash(self._content, fingerprint)[:40]

    def erased(self, *parts: str) -> str:
        """Return a keyed hash of an erased person's hash.

        It uses SECRET_KEY, so that FIELD_KEY and the database together do not lead to the person.
        """
        return keyed_hash(self._erased, *parts)[:32]

    def wrap(self, plain: bytes, context: str) -> bytes:
        """Seal with the installation's own key."""
        return self._wraps[0].seal(plain, context.encode())

    def wrap_each(self, plains: Sequence[bytes], contexts: Iterable[bytes]) -> list[bytes]:
        """Seal many with the installation's own key, each in its context."""
        return self._wraps[0].seal_each(plains, contexts)

    def unwrap(self, sealed: bytes, context: str) -> bytes:
        """Open what `wrap` sealed. Raises ValueError."""
        for cipher in self._wraps[:-1]:
            try:
                return cipher.unseal(sealed, context.encode())
            except ValueError:
                continue
        return self._wraps[-1].unseal(sealed, context.encode())

    def wrap_text(self, plain: str, context: str) -> str:
        return base64.b64encode(self.wrap(plain.encode(), context)).decode()

    def unwrap_text(self, sealed: str, context: str) -> str:
        return self.unwrap(base64.b64decode(sealed), context).decode()
