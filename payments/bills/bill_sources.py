"""Fetch the daily bills of a merchant: from WeChat Pay through `wechatpayv3`, from Alipay as its open platform
documents. Call it outside transactions.

Only these hosts are called, over TLS. An address that contains a token is never logged.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import load_private_key

from kernel.clock import SHANGHAI
from kernel.errors import Invalid
from payments.bills.bill_files import MOST_UNPACKED, unpack
from payments.mappings.mapping_models import BillKind
from payments.mappings.public_keys import alipay_key, serial_of, wechat_key
from payments.mappings.verify import Credentials

_KINDS: Mapping[str, tuple[BillKind, ...]] = {
    "wechatpay_v3": (BillKind.TRADES, BillKind.FUNDS),
    "alipay_rsa2": (BillKind.TRADES, BillKind.FUNDS),
}
TIMEOUT_S = (5.0, 30.0)  # to connect, and between two parts of a response
ALIPAY_GATEWAY, ALIPAY_FILES = "https://openapi.alipay.com/gateway.do", "dwbillcenter.alipay.com"
_METHOD = "alipay.data.dataservice.bill.downloadurl.query"
_ALIPAY_TYPES = {BillKind.TRADES: "trade", BillKind.FUNDS: "signcustomer"}
_ANSWER = _METHOD.replace(".", "_") + "_response"
_NO_BILL = frozenset({"NO_STATEMENT_EXIST", "isp.bill_not_exist"})
_NOT_READY = frozenset({"STATEMENT_CREATING", "isp.bill_creating"})
MOST_DETAIL = 100


class BillSource(NamedTuple):
    """Where bills are fetched and with which keys: the scheme of the platform's mapping, the keys that sign its
    responses, and the merchant's own private key with its serial."""

    scheme: str
    credentials: Credentials
    key_id: str
    private_key: str


class NoBill(Exception):
    """The platform reports that the day has no bill, because there were no transactions."""


class BillNotFetched(Exception):
    """The bill could not be fetched. `code` is stable; `detail` is the platform's own code, or what failed."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail[:MOST_DETAIL]


def kinds_of(scheme: str) -> tuple[BillKind, ...]:
    """Return which bills of a day can be fetched from platforms whose notifications use a scheme."""
    return _KINDS.get(scheme, ())


def fetch_bill(source: BillSource, day: date, kind: BillKind, now: datetime) -> bytes:
    """Return the file of a day's bill. Raises NoBill and BillNotFetched."""
    try:
        if source.scheme == "wechatpay_v3":
            return _fetch_wechat(source, day, kind, now)
        return _fetch_alipay(source, day, kind, now)
    except requests.RequestException as error:
        raise BillNotFetched("bill_unreachable", type(error).__name__) from error


def _refused(code: str) -> Exception:
    """Return the exception that a platform's own code means."""
    if code in _NO_BILL:
        return NoBill(code)
    return BillNotFetched("bill_not_ready" if code in _NOT_READY else "bill_refused", code)


def _fetch_wechat(source: BillSource, day: date, kind: BillKind, now: datetime) -> bytes:
    client = _wechat_client(source, now)
    ask = client.trade_bill if kind is BillKind.TRADES else client.fundflow_bill
    reply = _json(_answered(lambda: ask(bill_date=day.isoformat())))
    status, data = _answered(lambda: client.download_bill(str(reply.get("download_url", ""))))
    if status != 200 or not isinstance(data, bytes):
        raise BillNotFetched("bill_refused", str(status))
    try:
        plain = unpack(data).lines
    except Invalid as error:
        raise BillNotFetched("bill_differs", "gzip") from error
    digest = hashlib.sha1(plain if isinstance(plain, bytes) else plain.encode(), usedforsecurity=False)
    if reply.get("hash_type") != "SHA1" or digest.hexdigest() != str(reply.get("hash_value", "")).lower():
        raise BillNotFetched("bill_differs", "hash_value")
    return data


def _wechat_client(source: BillSource, now: datetime) -> WeChatPay:
    """Return the library's client. It gets the platform's newest signing key, so that it requests none itself."""
    keys = source.credentials.keys
    valid = [(serial_of(text) or id_, key) for id_, text in keys.items() if (key := wechat_key(text, now))]
    if not valid:
        raise BillNotFetched("bill_key_missing")
    public_key_id, public_key = valid[-1]
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return WeChatPay(
        WeChatPayType.NATIVE,
        mchid=source.credentials.parameters["mchid"],
        private_key=source.private_key,
        cert_serial_no=source.key_id,
        appid="",
        apiv3_key=source.credentials.decrypt_key,
        timeout=TIMEOUT_S,
        public_key=pem,
        public_key_id=public_key_id,
    )


def _answered(call: Any) -> tuple[int, Any]:
    try:
        status, body = call()
    except requests.RequestException:
        raise
    except Exception as error:  # the library raises nothing narrower for a wrong signature
        raise BillNotFetched("bill_answer_unsigned") from error
    return status, body


def _json(response: tuple[int, Any]) -> dict[str, Any]:
    status, body = response
    try:
        fields = json.loads(body)
    except (ValueError, TypeError) as error:
        raise BillNotFetched("bill_refused", str(status)) from error
    if status != 200 or not isinstance(fields, dict):
        raise _refused(str(fields.get("code", status)) if isinstance(fields, dict) else str(status))
    return fields


def _fetch_alipay(source: BillSource, day: date, kind: BillKind, now: datetime) -> bytes:
    response = requests.get(ALIPAY_GATEWAY, params=_alipay_query(source, day, kind, now), timeout=TIMEOUT_S)
    reply = _alipay_answer(source, response.text)
    if reply.get("code") != "10000":
        raise _refused(str(reply.get("sub_code") or reply.get("code")))
    try:
        address = urlsplit(str(reply.get("bill_download_url", "")))
        is_theirs = address.hostname == ALIPAY_FILES and address.port in (None, 80, 443)
    except ValueError as error:  # not an address: one bad response must not stop the bills of others
        raise BillNotFetched("bill_differs", "bill_download_url") from error
    if not is_theirs:
        raise BillNotFetched("bill_differs", "bill_download_url")
    target = address._replace(scheme="https", netloc=ALIPAY_FILES).geturl()
    with requests.get(target, timeout=TIMEOUT_S, stream=True, allow_redirects=False) as file:
        if file.status_code != 200:
            raise BillNotFetched("bill_refused", str(file.status_code))
        data = b""
        for part in file.iter_content(1 << 16):
            data += part
            if len(data) > MOST_UNPACKED:
                raise BillNotFetched("bill_differs", "size")
    return data


def _alipay_query(source: BillSource, day: date, kind: BillKind, now: datetime) -> dict[str, str]:
    query = {
        "app_id": source.credentials.parameters["app_id"],
        "method": _METHOD,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
        "version": "1.0",
        "biz_content": json.dumps({"bill_type": _ALIPAY_TYPES[kind], "bill_date": day.isoformat()}),
    }
    content = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    signature = load_private_key(source.private_key).sign(content.encode(), PKCS1v15(), SHA256())
    return query | {"sign": base64.b64encode(signature).decode()}


def _alipay_answer(source: BillSource, text: str) -> dict[str, Any]:
    """Return the contents of a signed response. The signature covers the exact text of the object."""
    start = text.find("{", text.find(f'"{_ANSWER}"'))
    try:
        reply, end = json.JSONDecoder().raw_decode(text, start)
        signature = base64.b64decode(json.loads(text)["sign"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise BillNotFetched("bill_answer_unsigned") from error
    content = text[start:end].encode()
    keys = filter(None, map(alipay_key, source.credentials.keys.values()))
    if not isinstance(reply, dict) or not any(_is_signed(key, signature, content) for key in keys):
        raise BillNotFetched("bill_answer_unsigned")
    return reply


def _is_signed(key: Any, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
