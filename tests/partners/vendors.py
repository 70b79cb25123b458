"""Platforms as their vendors' libraries speak: WeChat Pay v3 by `wechatpayv3`, Alipay by its SDK of npm, and the
declared example with HMAC headers."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import rsa_sign

from campaigns.donations.models import Donation
from campaigns.intake import mapped
from kernel.clock import SHANGHAI
from kernel.ids import donation_id_of
from payments.mappings.document import preset
from payments.mappings.partner_mappings import NewMapping
from payments.models import PartnerState
from payments.partners.partners import create
from tests.partners.outside import NODE_ROOM, run
from tests.world import World

Json = dict[str, Any]
APIV3_KEY = "0123456789abcdef0123456789abcdef"
KEY_ID = "PUB_KEY_ID_0112345678902025010100389100001234"
SECRET = "a-secret-of-thirty-two-characters"
# Made once: the size is that of the real keys.
PLATFORM, STRANGER = (rsa.generate_private_key(65537, 2048) for _ in range(2))


class Answer(NamedTuple):
    status: int
    body: str
    kind: str


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def post(address: str, payload: bytes, headers: dict[str, str]) -> Answer:
    try:
        with urlopen(Request(address, payload, headers), timeout=10) as response:
            return Answer(response.status, response.read().decode(), response.headers.get_content_type())
    except HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers.get_content_type())


def register(
    world: World,
    document: str,
    keys: dict[str, str],
    parameters: dict[str, str] | None = None,
    decrypt_key: str = "",
    state: PartnerState = PartnerState.LIVE,
) -> str:
    """A platform with one of the documents; its name."""
    name = document.replace("_", "-")
    world.do(lambda tx: create(tx, world.deps.keys, name, name, state=state))
    new = NewMapping(json.loads(preset(document)), parameters or {}, decrypt_key)
    world.do(mapped.set_mapping, world.deps.keys, name, new, "test")
    for key_id, text in keys.items():
        world.do(mapped.add_key, world.deps.keys, name, key_id, text, "test")
    return name


def code_of(world: World) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0])))


def stood(world: World, name: str, their_id: str) -> tuple[str, int, int]:
    row: Donation = world.do(lambda tx: tx.get(Donation, donation_id_of(name, their_id)))
    return row.status, row.amount_minor, row.refunded_minor


class Wechat:
    """WeChat Pay's side: builds notifications, and hands each to `wechatpayv3` first."""

    def __init__(self, world: World, url: str, key: rsa.RSAPrivateKey = PLATFORM, serial: str = KEY_ID) -> None:
        self.world, self.key, self.serial = world, key, serial
        self.address = f"{url}/webhooks/partners/wechatpay-v3/notify"
        self.library = WeChatPay(
            WeChatPayType.NATIVE,
            mchid="1900000001",
            private_key=private_pem(STRANGER),
            cert_serial_no="01",
            apiv3_key=APIV3_KEY,
            appid="wx0",
            notify_url=self.address,
            public_key=pem(PLATFORM),
            public_key_id=KEY_ID,
        )

    def paid(self, number: int, fen: int, **other: Any) -> Json:
        at = self.world.clock.at.astimezone(SHANGHAI).isoformat(timespec="seconds")
        return {
            "mchid": "1900000001",
            "appid": "wx0",
            "out_trade_no": f"W{number}",
            "transaction_id": f"42000{number}",
            "trade_type": "JSAPI",
            "trade_state": "SUCCESS",
            "attach": code_of(self.world),
            "success_time": at,
            "payer": {"openid": f"openid-{number}"},
            "amount": {"total": fen, "payer_total": fen, "currency": "CNY", "payer_currency": "CNY"},
        } | other

    def refunded(self, number: int, refund: str, fen: int, total: int, minutes_ago: int = 0) -> Json:
        at = (self.world.clock.at - timedelta(minutes=minutes_ago)).astimezone(SHANGHAI)
        return {
            "mchid": "1900000001",
            "out_trade_no": f"W{number}",
            "transaction_id": f"42000{number}",
            "out_refund_no": f"mine-{refund}",
            "refund_id": refund,
            "refund_status": "SUCCESS",
            "success_time": at.isoformat(timespec="seconds"),
            "amount": {"total": total, "refund": fen, "payer_total": total, "payer_refund": fen},
        }

    def notice(self, event_type: str, resource: Json, **headers: str) -> tuple[bytes, dict[str, str]]:
        nonce = uuid4().hex[:12]
        kind = "refund" if event_type.startswith("REFUND") else "transaction"
        sealed = AESGCM(APIV3_KEY.encode()).encrypt(nonce.encode(), json.dumps(resource).encode(), kind.encode())
        body = json.dumps(
            {
                "id": str(uuid4()),
                "create_time": self.world.clock.at.isoformat(),
                "resource_type": "encrypt-resource",
                "event_type": event_type,
                "summary": "支付成功",
                "resource": {
                    "original_type": kind,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": kind,
                    "nonce": nonce,
                },
            },
            ensure_ascii=False,
        )
        stamp, token = str(int(self.world.clock.at.timestamp())), uuid4().hex
        return body.encode(), {
            "Content-Type": "application/json",
            "Wechatpay-Nonce": token,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Wechatpay-Signature": rsa_sign(self.key, f"{stamp}\n{token}\n{body}\n"),
        } | headers

    def send(self, event_type: str, resource: Json) -> Answer:
        payload, headers = self.notice(event_type, resource)
        if self.serial == KEY_ID and self.key is PLATFORM:
            assert self.library.callback(headers, payload)["resource"] == resource, "the vendor's library takes it"
        return post(self.address, payload, headers)


def alipay_notice(world: World, number: int, yuan: str, **other: str) -> Json:
    at = world.clock.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "notify_type": "trade_status_sync",
        "notify_id": uuid4().hex,
        "notify_time": at,
        "charset": "utf-8",
        "version": "1.0",
        "app_id": "2021000000000001",
        "seller_id": "2088000000000001",
        "auth_app_id": "2021000000000001",
        "trade_no": f"2026{number}",
        "out_trade_no": f"A{number}",
        "buyer_id": f"2088{number}",
        "subject": "给山里的孩子 & 老人",
        "total_amount": yuan,
        "receipt_amount": yuan,
        "refund_fee": "0.00",
        "gmt_create": at,
        "gmt_payment": at,
        "trade_status": "TRADE_SUCCESS",
        "passback_params": code_of(world),
    } | other


def signed_forms(node: str, *notices: Json) -> list[bytes]:
    """The notifications as forms, signed; Alipay's SDK accepts each of them."""
    keys = {"privateKey": private_pem(PLATFORM), "publicKey": pem(PLATFORM)}
    shown = json.loads(run(node, str(NODE_ROOM / "alipay.js"), stdin=json.dumps(keys | {"notices": notices})))
    assert all(row["accepted"] for row in shown), shown
    return [row["form"].encode() for row in shown]


class Signed:
    """The platform of the declared example."""

    def __init__(self, world: World, url: str, name: str) -> None:
        self.world, self.address = world, f"{url}/webhooks/partners/{name}/notify"

    def order(self, action: str, number: int, yuan: Any, **other: Any) -> Json:
        at = int(self.world.clock.at.timestamp() * 1000)
        common = {"action": action, "order_no": f"O-{number}", "money": yuan}
        if action == "PAY":
            user = {"id": number, "nick": "小李"}
            return common | {"pay_time": at, "item": {"code": code_of(self.world)}, "user": user} | other
        return common | {"refund_time": at} | other

    def send(self, *orders: Json, secret: str = SECRET, app: str = "app-1", **headers: str) -> Answer:
        payload = json.dumps({"orders": orders}).encode()
        stamp, nonce = str(int(self.world.clock.at.timestamp() * 1000)), uuid4().hex
        content = f"{app}\n{nonce}\n{stamp}\n".encode() + payload
        signed = {
            "X-App-Id": app,
            "X-Nonce": nonce,
            "X-Timestamp": stamp,
            "X-Signature": hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().upper(),
        }
        return post(self.address, payload, signed | headers)
