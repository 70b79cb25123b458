"""The whole system, driven with marked personal data by every way in, good and bad: logs, metrics, Redis and every
table hold none of it in clear; after the erasure nothing at all."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from standardwebhooks import Webhook

from embedded.process import wait_until
from tests.privacy.people import APPEAL, EMAIL, MESSAGE, NAME, PHONE, PLATFORM_NAME, REFUND_WORDS, traces
from tests.stack import Stack, call, running

DONOR = {"name": NAME, "phone": PHONE, "email": EMAIL, "publish_name": True}
FILE = f"""reference,project_code,amount_yuan,paid_at,donor,donor_name
BOX-1,{{code}},25,{{day}},{PHONE},{PLATFORM_NAME}
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running(LOG_LEVEL="DEBUG") as running_stack:
        yield running_stack


class Journeys:
    """Every way in; each leaves marks."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.admin = stack.flask("tokens", "create", "--role", "admin").strip()
        self.slug = stack.api("/campaigns")[0]["slug"]
        self.project = stack.api(f"/campaigns/{self.slug}/projects")[0]

    def drive(self) -> None:
        donation = self.pledge()
        self.stack.order("/pay", reference=donation["payment"]["reference"])
        assert wait_until(lambda: self.status(donation) == "paid", 30, 0.2)
        path = f"/donations/{donation['id']}"
        self.stack.api(f"{path}/refund-requests", "POST", donation["token"], reason=REFUND_WORDS, amount_minor=100)
        self.refused(f"{path}/appeal", donation["token"], text=APPEAL)
        self.refused("/donations", "", **self.body(donor=DONOR | {"phone": f"{PHONE}{PHONE}"}))
        self.refused("/donations", "", **self.body(donor=DONOR | {NAME: MESSAGE}))
        self.refused("/donors/export", self.admin, contact=NAME)
        self.partner()
        self.offline()
        self.stack.api("/donors/export", "POST", self.admin, contact=PHONE)
        self.page(f"/d/{donation['id']}?token={donation['token']}")
        self.page(f"/donate/{self.slug}/{self.project['id']}?name={urllib.parse.quote(NAME)}&phone={PHONE}")

    def body(self, **other: Any) -> dict[str, Any]:
        body = {"id": str(uuid4()), "campaign": self.slug, "project": self.project["id"], "amount_minor": 20_00}
        return body | {"currency": "CNY", "donor": DONOR, "message": MESSAGE, "accept_unmatched": True} | other

    def pledge(self) -> Any:
        return self.stack.api("/donations", "POST", **self.body())

    def status(self, donation: Any) -> str:
        return str(self.stack.api(f"/donations/{donation['id']}", token=donation["token"])["status"])

    def refused(self, path: str, token: str, **fields: Any) -> None:
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.stack.api(path, "POST", token, **fields)
        assert 400 <= refusal.value.code < 500

    def page(self, path: str) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return str(opener.open(self.stack.url + path, timeout=20).read().decode())

    def partner(self) -> None:
        secret = self.stack.flask("partners", "create", "plat").strip()
        now = datetime.now(UTC)
        donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
        data = {"donation_id": "order-1", "project_code": self.project["code"], "amount_minor": 30_00}
        data |= {"currency": "CNY", "paid_at": now.isoformat(), "donor": donor, "remark": MESSAGE}
        event = {"type": "donation.paid", "id": "e-1", "occurred_at": now.isoformat(), "data": data}
        other = event | {"data": data | {"amount_minor": 31_00}}  # a conflict
        waits = event | {"id": "e-2", "data": data | {"project_code": "none", "donation_id": "order-2"}}
        for body in (event, other, waits):
            payload = json.dumps(body)
            headers = {
                "webhook-id": "m",
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(secret).sign("m", now, payload),
            }
            request = urllib.request.Request(f"{self.stack.url}/webhooks/partners/plat", payload.encode(), headers)
            request.add_header("Content-Type", "application/json")
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20).read()

    def offline(self) -> None:
        day = datetime.now(UTC) + timedelta(hours=8)
        path = self.folder / "box.csv"
        path.write_text(FILE.format(code=self.project["code"], day=day.date().isoformat()))
        self.stack.flask("import-donations", str(path))
        path.write_text(FILE.format(code="none", day=day.date().isoformat()).replace("BOX-1", "BOX-2"))
        with pytest.raises(AssertionError):
            self.stack.flask("import-donations", str(path))

    def erase(self) -> str:
        return self.stack.flask("donors", "erase", "--yes", typed=f"{PHONE}\n")


def tables(stack: Stack) -> str:
    """Every row of every table, as COPY writes it."""
    parts = []
    with psycopg.connect(stack.postgres.url.replace("+psycopg", "")) as connection:
        names = connection.execute("SELECT relname FROM pg_stat_user_tables ORDER BY 1").fetchall()
        for (name,) in names:
            with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
                parts += [str(name).encode(), *map(bytes, copy)]
    return b"\n".join(parts).decode()


def logs(stack: Stack) -> str:
    files = [path for path in stack.folder.rglob("*.log") if path.is_file()]
    assert len(files) >= 4
    return "\n".join(path.read_text(errors="replace") for path in files)


def in_redis(stack: Stack) -> str:
    client = redis.Redis.from_url(stack.launch.env["REDIS_URL"])
    return " ".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter())


def test_marked_people_leave_no_trace(stack: Stack, tmp_path: Path) -> None:
    journeys = Journeys(stack, tmp_path)
    journeys.drive()
    assert wait_until(lambda: stack.flask("inbox", "list").count("e-2") == 1, 30, 0.5)
    stack.flask("jobs", "run", "personal-data")
    time.sleep(1)
    assert traces(logs(stack)) == []
    assert traces(journeys.page("/metrics")) == []
    assert traces(in_redis(stack)) == []
    assert traces(tables(stack)) == []
    assert "3 donations and 7 stored messages" in journeys.erase()
    assert traces(tables(stack)) == []
    assert traces(logs(stack)) == []
    assert stack.flask("check-books").startswith("books")
    assert call(f"{stack.url}/api/v1/campaigns/{journeys.slug}/totals", "GET", {})["donations"] >= 3
