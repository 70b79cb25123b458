"""PURE. Public keys of platforms in the forms in which they are published: certificates, PEM, or bare base64."""

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from wechatpayv3.utils import format_public_key, load_certificate, load_public_key

LEAST_BITS = 2048


def same_serial(known: str, named: str) -> bool:
    """Return whether two serials (or ids of public keys) are the same; case and leading zeros do not count."""
    return known.strip().casefold().lstrip("0") == named.strip().casefold().lstrip("0")


def serial_of(text: str) -> str | None:
    """Return the serial of a certificate; None if the text is not a certificate."""
    certificate = load_certificate(text.strip())
    return f"{certificate.serial_number:X}" if certificate else None


def wechat_key(text: str, now: datetime) -> RSAPublicKey | None:
    """Return the key of a platform's certificate that is valid now, or a platform's public key; else None."""
    certificate = load_certificate(text.strip())
    if certificate is None:
        return _rsa(text, load_public_key)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return None
    return _strong(certificate.public_key())


def alipay_key(text: str) -> RSAPublicKey | None:
    """Return a public key of Alipay; None if the text is not one."""
    return _rsa(text, lambda plain: load_pem_public_key(format_public_key(plain).encode()))


def _rsa(text: str, load: Any) -> RSAPublicKey | None:
    try:
        return _strong(load(text.strip()))
    except Exception:  # the libraries raise whatever their parsers raise
        return None


def _strong(key: Any) -> RSAPublicKey | None:
    return key if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS else None
