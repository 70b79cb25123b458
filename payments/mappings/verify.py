"""PURE. Verify and open a notification: who signed it, when, and what it contains.

WeChat Pay's signatures and encrypted resources go through `wechatpayv3`. RSA2 is SHA256withRSA (PKCS #1 v1.5) and
goes through `cryptography`; ADR 38 explains why none of Alipay's libraries is used.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping as Dictionary
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from wechatpayv3.utils import aes_decrypt, rsa_verify

from kernel.errors import Forbidden, Invalid
from kernel.strict_json import load_json
from payments.mappings.document import Alipay, HmacInHeaders, Mapping, WechatPay
from payments.mappings.public_keys import alipay_key, same_serial, wechat_key
from payments.mappings.templates import fill

CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
MOST_FIELDS = 200
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)
_WECHAT_TYPE, _WECHAT_CIPHER = "WECHATPAY2-SHA256-RSA2048", "AEAD_AES_256_GCM"


class Credentials(NamedTuple):
    """What verifies and opens a platform's notifications: its keys by id, the key that decrypts resources, and the
    parameters of its mapping."""

    keys: Dictionary[str, str]
    decrypt_key: str = ""
    parameters: Dictionary[str, str] = {}


class Notification(NamedTuple):
    """A platform's request as received; header names are in lower case."""

    payload: bytes
    headers: Dictionary[str, str]
    now: datetime


def open_notification(mapping: Mapping, credentials: Credentials, came: Notification) -> dict[str, Any]:
    """Return the fields of a notification.

    Raises Forbidden `signature_missing`, `signature_invalid`, `timestamp_out_of_tolerance`, Invalid `body_invalid`.
    """
    scheme = mapping.verify
    if isinstance(scheme, HmacInHeaders):
        return _open_hmac(scheme, credentials, came)
    if isinstance(scheme, WechatPay):
        return _open_wechat(scheme, credentials, came)
    return _open_alipay(scheme, credentials, came)


def _header(came: Notification, name: str) -> str:
    value = came.headers.get(name.lower(), "")
    if not value:
        raise Forbidden("signature_missing")
    return value


def _check_time(came: Notification, text: str, tolerance_s: int, unit_s: float = 1.0) -> None:
    if not _DIGITS.fullmatch(text) or abs(came.now.timestamp() - int(text) * unit_s) > tolerance_s:
        raise Forbidden("timestamp_out_of_tolerance")


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("body_invalid") from error


def _object(payload: bytes) -> dict[str, Any]:
    body = load_json(payload)
    if not isinstance(body, dict):
        raise Invalid("body_invalid")
    return body


def _open_hmac(scheme: HmacInHeaders, credentials: Credentials, came: Notification) -> dict[str, Any]:
    signature = _header(came, scheme.signature_header).strip()
    _check_time(
        came,
        _header(came, scheme.timestamp_header),
        scheme.tolerance_s,
        0.001 if scheme.timestamp_unit == "ms" else 1.0,
    )
    keys = dict(credentials.keys)
    if scheme.key_id_header:
        key_id = _header(came, scheme.key_id_header)
        keys = {key_id: keys[key_id]} if key_id in keys else {}
    parts = {f"header:{name}": value for name, value in came.headers.items()} | {"body": _text(came.payload)}
    content = fill(scheme.signed, parts, lower=True).encode()
    digest = partial(hmac.new, msg=content, digestmod=getattr(hashlib, scheme.digest))
    if not any(_same(scheme, digest(key.encode()).digest(), signature) for key in keys.values()):
        raise Forbidden("signature_invalid")
    return _object(came.payload) if scheme.body == "json" else _form(came.payload, "utf-8")


def _same(scheme: HmacInHeaders, mac: bytes, signature: str) -> bool:
    if scheme.encoding == "hex":
        return hmac.compare_digest(mac.hex().encode(), signature.lower().encode())
    return hmac.compare_digest(base64.b64encode(mac), signature.encode())


def _open_wechat(scheme: WechatPay, credentials: Credentials, came: Notification) -> dict[str, Any]:
    signature, stamp, nonce, serial = (
        _header(came, f"Wechatpay-{name}") for name in ("Signature", "Timestamp", "Nonce", "Serial")
    )
    _check_time(came, stamp, scheme.tolerance_s)
    keys = [wechat_key(text, came.now) for id_, text in credentials.keys.items() if same_serial(id_, serial)]
    body = _text(came.payload)
    right_type = came.headers.get("wechatpay-signature-type", _WECHAT_TYPE) == _WECHAT_TYPE
    if not right_type or not any(key and rsa_verify(stamp, nonce, body, signature, key) for key in keys):
        raise Forbidden("signature_invalid")
    fields = _object(came.payload)
    return fields | {"resource": _decrypted(fields.get("resource"), credentials.decrypt_key)}


def _decrypted(resource: Any, key: str) -> dict[str, Any]:
    if not isinstance(resource, dict) or resource.get("algorithm") != _WECHAT_CIPHER:
        raise Invalid("body_invalid")
    parts = [resource.get(name) or "" for name in ("nonce", "ciphertext", "associated_data")]
    try:
        plain = aes_decrypt(*parts, key)
    except (ValueError, TypeError, AttributeError) as error:  # not base64, a nonce of the wrong length, not text
        raise Invalid("body_invalid") from error
    if plain is None:
        raise Invalid("body_invalid")
    return _object(plain.encode())


def _open_alipay(_scheme: Alipay, credentials: Credentials, came: Notification) -> dict[str, Any]:
    charset = CHARSETS.get(_form(came.payload, "latin-1").get("charset", "utf-8").lower())
    if charset is None:
        raise Invalid("body_invalid")
    fields = _form(came.payload, charset)
    signature, kind = fields.pop("sign", ""), fields.pop("sign_type", "")
    if not signature:
        raise Forbidden("signature_missing")
    content = "&".join(f"{name}={value}" for name, value in sorted(fields.items())).encode(charset)
    if kind != "RSA2" or not any(_is_rsa2(key, signature, content) for key in credentials.keys.values()):
        raise Forbidden("signature_invalid")
    return fields


def _is_rsa2(key: str, signature: str, content: bytes) -> bool:
    public_key = alipay_key(key)
    if public_key is None:
        return False
    try:
        public_key.verify(base64.b64decode(signature, validate=True), content, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _form(payload: bytes, charset: str) -> dict[str, str]:
    """Return the fields of a form, in which each may occur only once."""
    try:
        pairs = parse_qsl(
            payload.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding=charset,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise Invalid("body_invalid") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Invalid("body_invalid")
    return fields
