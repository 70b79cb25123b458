"""Webhooks as they come in life: signed, again, twice, late, out of order, after a pause."""

from collections.abc import Iterator

import pytest

from tests.payments.conftest import make_order
from tests.payments.servers import Server, until


@pytest.fixture(autouse=True)
def quiet(sandbox: Server) -> Iterator[None]:
    """Nothing under way before and after."""
    calm(sandbox)
    yield
    assert sandbox.http.delete(f"{sandbox.base}/_sandbox/webhooks/faults", timeout=10).status_code == 200
    sandbox.order("/webhooks/resume")
    calm(sandbox)


def calm(server: Server) -> None:
    until(lambda: not server.get("/_sandbox/webhooks").json()["waiting"], 20)
    server.receiver.empty()


def paid(server: Server) -> str:
    opened = server.gateway().open_intent(make_order())
    server.order("/pay", reference=opened.reference)
    return opened.reference


def kinds(server: Server, many: int) -> list[str]:
    until(lambda: server.receiver.came.qsize() >= many)
    return [event["type"] for event in server.receiver.empty()]


ORDER = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_in_the_order_of_their_events(sandbox: Server) -> None:
    paid(sandbox)
    assert kinds(sandbox, 3) == ORDER


def test_refused_webhooks_come_again(sandbox: Server) -> None:
    sandbox.receiver.statuses += [500, 500, 503]
    paid(sandbox)
    assert sorted(kinds(sandbox, 3)) == sorted(ORDER)
    assert sandbox.receiver.statuses == []


def test_doubled(sandbox: Server) -> None:
    sandbox.order("/webhooks/faults", kind="double", times=1, type="payment_intent.succeeded")
    intent = paid(sandbox)
    first = sandbox.receiver.take("payment_intent.succeeded", intent)
    assert sandbox.receiver.take("payment_intent.succeeded", intent) == first


def test_reordered(sandbox: Server) -> None:
    sandbox.order("/webhooks/faults", kind="reorder", times=3)
    paid(sandbox)
    assert kinds(sandbox, 3) == ORDER[::-1]


def test_delayed_and_dropped_then_redelivered(sandbox: Server) -> None:
    sandbox.order("/webhooks/faults", kind="delay", times=1, seconds=1, type="payment_intent.created")
    sandbox.order("/webhooks/faults", kind="drop", times=1, type="charge.succeeded")
    paid(sandbox)
    assert kinds(sandbox, 2) == ["payment_intent.succeeded", "payment_intent.created"]
    assert sandbox.receiver.nothing_for(0.3)
    [lost] = sandbox.get("/v1/events", type="charge.succeeded", limit=1).json()["data"]
    sandbox.order("/webhooks/redeliver", event=lost["id"])
    assert sandbox.receiver.take("charge.succeeded")["id"] == lost["id"]


def test_paused_and_resumed(sandbox: Server) -> None:
    sandbox.order("/webhooks/pause")
    paid(sandbox)
    assert sandbox.receiver.nothing_for(0.3)
    sandbox.order("/webhooks/resume")
    assert kinds(sandbox, 3) == ORDER


def test_dashboard_shows_the_payment(sandbox: Server) -> None:
    intent = paid(sandbox)
    page = sandbox.get("/")
    assert "不会真的扣款" in page.text
    assert intent in page.text


def test_orders_it_does_not_understand_are_refused(sandbox: Server) -> None:
    for path, fields in (("/faults", {"kind": "x"}), ("/faults", {"colour": 1}), ("/pay", {}), ("/dance", {})):
        response = sandbox.http.post(f"{sandbox.base}/_sandbox{path}", json=fields, timeout=10)
        assert 400 <= response.status_code < 500
    form = sandbox.post("/_sandbox/faults", kind="500")  # what a page of another site could send
    assert form.status_code == 415
