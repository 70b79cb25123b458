"""A partner platform's client, standard library only. See docs/partners.md.

Passes the check list of the test mode:  SECRET=whsec_test_... python3 partner_client.py URL PROJECT_CODE
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta


class Client:
    def __init__(self, url: str, secret: str) -> None:
        self.url, self.key = url, base64.b64decode(secret.removeprefix("whsec_").removeprefix("test_"))

    def call(self, path: str = "", body: bytes | dict | None = None, key: bytes | None = None) -> tuple[int, dict]:
        """GET without a body, else POST; signed after Standard Webhooks, anew at each attempt."""
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        message_id, stamp = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
        mac = hmac.new(key or self.key, f"{message_id}.{stamp}.".encode() + payload, hashlib.sha256)
        signature = "v1," + base64.b64encode(mac.digest()).decode()
        headers = {"Content-Type": "application/json", "Prefer": "return=representation", "webhook-id": message_id}
        headers |= {"webhook-timestamp": stamp, "webhook-signature": signature}
        request = urllib.request.Request(self.url + path, None if body is None else payload, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def event(kind: str, donation: str, amount_minor: int, at: datetime, **data: object) -> dict:
    body = {"donation_id": donation, "amount_minor": amount_minor, "currency": "CNY", **data}
    return {"type": kind, "id": f"{kind}-{donation}", "occurred_at": at.isoformat(), "data": body}


def pass_check_list(client: Client, code: str) -> dict:
    run, now = uuid.uuid4().hex[:8], datetime.now(UTC)
    donor, then = {"key": f"donor-{run}"}, now - timedelta(minutes=11)
    first = event("donation.paid", f"{run}-1", 5000, now, project_code=code, paid_at=now.isoformat(), donor=donor)
    late = event("donation.paid", f"{run}-2", 800, then, project_code=code, paid_at=then.isoformat(), donor=donor)
    for body in ({"type": "ping"}, first, first, late, event("donation.refunded", f"{run}-1", 2000, now)):
        print(*client.call(body=body))
    print(*client.call(body=first, key=b"a wrong key, to see it refused"))
    rows = [("charge", f"{run}-1", 5000), ("charge", f"{run}-2", 800), ("refund", f"{run}-1", -2000)]
    at, head = now.isoformat(), "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"
    lines = [f"{run}-L{n},{kind},{id_},{minor},0,CNY,{at}" for n, (kind, id_, minor) in enumerate(rows)]
    print(*client.call("/bill?confirm=1", "\n".join([head, *lines]).encode()))
    return client.call("/health")[1]["checks"]


if __name__ == "__main__":
    print(json.dumps(pass_check_list(Client(sys.argv[1], os.environ["SECRET"]), sys.argv[2]), indent=1))
