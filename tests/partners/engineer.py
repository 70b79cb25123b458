"""A platform's engineer: signs requests as the specification says, with nothing of ours."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world import World

NAME = "teahouse"
Json = dict[str, Any]


class Engineer:
    """Calls the addresses of one platform with one secret."""

    def __init__(self, http: FlaskClient, world: World, secret: str, name: str = NAME) -> None:
        self.http, self.world, self.secret, self.name = http, world, secret, name

    def call(self, path: str = "", body: Any = None, **headers: str) -> TestResponse:
        """GET without a body, else POST."""
        payload = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = {**sign(self.secret, payload), **{name.replace("_", "-"): text for name, text in headers.items()}}
        address = f"/webhooks/partners/{self.name}{path}"
        if body is None:
            return self.http.get(address, headers=signed)
        return self.http.post(address, data=payload, headers=signed)

    def get(self, path: str) -> Json:
        response = self.call(path)
        assert response.status_code == 200, response.text
        body: Json = response.get_json()
        return body

    def send(self, *events: Json, query: str = "") -> Json:
        """Events, and what became of each."""
        response = self.call(query, {"events": list(events)}, Prefer="return=representation")
        assert response.status_code == 202, response.text
        assert response.headers["Preference-Applied"] == "return=representation"
        body: Json = response.get_json()
        return body

    def results(self, *events: Json, query: str = "") -> list[tuple[str, str | None]]:
        return [(row["result"], row.get("reason")) for row in self.send(*events, query=query)["events"]]

    def paid(self, number: int, amount_minor: int = 25_00, minutes_ago: int = 0, **data: Any) -> Json:
        return event(self.world, "donation.paid", number, amount_minor, minutes_ago, data)

    def refunded(self, number: int, amount_minor: int, event_id: str = "", **data: Any) -> Json:
        return event(self.world, "donation.refunded", number, amount_minor, 0, data, event_id)


def sign(secret: str, payload: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_").removeprefix("test_"))
    message, stamp = f"msg_{uuid4().hex}", str(int(time.time()))
    mac = hmac.new(key, f"{message}.{stamp}.".encode() + payload, hashlib.sha256)
    signature = "v1," + base64.b64encode(mac.digest()).decode()
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": signature}


def event(
    world: World, kind: str, number: int, amount_minor: int, minutes_ago: int, data: Json, event_id: str = ""
) -> Json:
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    at = (world.clock.at.timestamp() - 60 * minutes_ago) * 1000
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))
    body: Json = {"donation_id": f"T-{number}", "amount_minor": amount_minor, "currency": "CNY"}
    if kind == "donation.paid":
        body |= {"project_code": code, "paid_at": moment, "donor": {"key": f"user-{number}"}}
    return {
        "type": kind,
        "id": event_id or f"{kind}-{number}",
        "occurred_at": moment,
        "data": body | data,
    }


def bill(*rows: tuple[Any, ...], at: str) -> bytes:
    """A bill in our format; each row: line id, kind, donation, amount, fee."""
    lines = ["line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"]
    lines += [",".join(map(str, (*row, "CNY", at))) for row in rows]
    return "\n".join(lines).encode()
