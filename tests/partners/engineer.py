"""A platform's engineer: signs requests as the specification says, with nothing of ours."""

import base64
import hashlib
import hmac
import json
import time
from functools import cached_property
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

    @cached_property
    def project_code(self) -> str:
        """Of the project that the payments are for: asked for once, as a day has 300,000 of them."""
        code = self.world.do(
            lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=self.world.projects[0])
        )
        return str(code)

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
        body = {"project_code": self.project_code, "paid_at": self._moment(minutes_ago)}
        body |= {"donor": {"key": f"user-{number}"}} | data
        return self._event("donation.paid", number, amount_minor, minutes_ago, body)

    def refunded(self, number: int, amount_minor: int, event_id: str = "", **data: Any) -> Json:
        return self._event("donation.refunded", number, amount_minor, 0, data, event_id)

    def _event(
        self, kind: str, number: int, amount_minor: int, minutes_ago: int, data: Json, event_id: str = ""
    ) -> Json:
        body: Json = {"donation_id": f"T-{number}", "amount_minor": amount_minor, "currency": "CNY"}
        return {
            "type": kind,
            "id": event_id or f"{kind}-{number}",
            "occurred_at": self._moment(minutes_ago),
            "data": body | data,
        }

    def _moment(self, minutes_ago: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.world.clock.at.timestamp() - 60 * minutes_ago))


def sign(secret: str, payload: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_").removeprefix("test_"))
    message, stamp = f"msg_{uuid4().hex}", str(int(time.time()))
    mac = hmac.new(key, f"{message}.{stamp}.".encode() + payload, hashlib.sha256)
    signature = "v1," + base64.b64encode(mac.digest()).decode()
    return {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": signature}


def bill(*rows: tuple[Any, ...], at: str) -> bytes:
    """A bill in our format; each row: line id, kind, donation, amount, fee."""
    lines = ["line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"]
    lines += [",".join(map(str, (*row, "CNY", at))) for row in rows]
    return "\n".join(lines).encode()
