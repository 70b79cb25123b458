"""Servers for the payment tests: one of each kind a module, on free ports, stopped at its end.

When the sandbox stops, everything it said and everything the gateway asked it in that module has been
read by Stripe's own OpenAPI document.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from payments.gateway import PaymentOrder
from tests.payments import judge
from tests.payments.servers import Receiver, Server, start_localstripe, start_sandbox


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    server = start_sandbox(Path(tmp_path_factory.mktemp("sandbox")), receiver)
    yield server
    try:
        judged(server)
    finally:
        server.child.stop()


def judged(server: Server) -> tuple[int, int]:
    """How many requests and events were judged; AssertionError with every fault found."""
    calls = server.get("/_sandbox/requests").json()
    faults: list[Any] = []
    for call in calls:
        where = f"{call['method']} {call['path']}"
        if call["version"] is not None:  # sent by the gateway; others may be wrong on purpose
            faults += [
                (where, fault) for fault in judge.faults_of_request(call["method"], call["path"], call["params"])
            ]
        if call["status"] != 404:
            problems = judge.faults_of_answer(call["method"], call["path"], call["status"], call["body"])
            faults += [(where, call["status"], fault) for fault in problems]
    events = _all_events(server)
    for event in events:
        faults += [(event["type"], fault) for fault in judge.faults_of_event(event)]
    assert not faults, "\n".join(map(str, faults[:20]))
    return len(calls), len(events)


def _all_events(server: Server) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    page: dict[str, Any] = {"has_more": True}
    while page["has_more"]:
        after = {"starting_after": events[-1]["id"]} if events else {}
        page = server.get("/v1/events", limit=100, **after).json()
        events += page["data"]
    return events


@pytest.fixture(scope="module", params=["sandbox", "localstripe"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same tests against our stand-in and against one that we did not write."""
    if request.param == "sandbox":
        yield request.getfixturevalue("sandbox")
        return
    folder = Path(tmp_path_factory.mktemp("localstripe"))
    server = start_localstripe(folder, request.getfixturevalue("receiver"))
    yield server
    server.child.stop()


@pytest.fixture
def order() -> PaymentOrder:
    return make_order()


def make_order(**changes: Any) -> PaymentOrder:
    """100 yuan for a village, held for 15 minutes."""
    values: dict[str, Any] = {
        "donation_id": uuid4(),
        "amount_minor": 10_000,
        "currency": "CNY",
        "label": "幸福家园 · 石碑凹村",
        "locale": "zh",
        "success_url": "http://127.0.0.1:9/d/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/d/back",
        "expires_at": datetime.now(UTC) + timedelta(minutes=15),
    }
    return PaymentOrder(**(values | changes))
