"""What platforms are told: written with the fact, signed, tried again, and never to a private address."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from app.api.partners.partner_outgoing import schema_of
from campaigns.intake import partner_states, registered
from campaigns.intake.tell_partners import tell_partners
from campaigns.lifecycle.transitions import cancel
from campaigns.projects.news import NewsText, add_news
from kernel.errors import Conflict, Invalid
from kernel.paging import Page
from payments import outgoing
from payments.outgoing import BACKOFF
from payments.outgoing_models import OutgoingType, PartnerDelivery
from payments.public_http import Unreachable, is_public, post, public_address
from tests.partners.engineer import NAME, Engineer
from tests.payments.judge import as_json_schema
from tests.world import ACTOR, World

ALL = list(OutgoingType)
Received = list[tuple[dict[str, str], bytes]]


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, Received]]:
    """A platform's server on this machine; answers with these statuses, then with 204."""
    received: Received = []
    rest = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = rest.pop(0) if rest else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _as_described(event: Any) -> None:
    """The event has the fields that the API's description names, and no others."""
    schema = schema_of(OutgoingType(event["type"]))
    jsonschema_rs.validator_for(as_json_schema(schema)).validate(event)
    assert set(event["data"]) == set(schema["properties"]["data"]["properties"])


@pytest.mark.parametrize("type_", OutgoingType)
def test_each_event_has_an_example_that_is_as_described(http: FlaskClient, type_: OutgoingType) -> None:
    described = http.get("/api/openapi.json").get_json()["x-webhooks"][type_.value]["post"]["requestBody"]
    _as_described(described["content"]["application/json"]["example"])


def subscribe(world: World, url: str, types: list[str] = ALL) -> str:
    keys = world.deps.keys
    return str(world.do(lambda tx: registered.subscribe(tx, keys, NAME, url, types, ACTOR, loopback=True)[1]))


def tell(world: World) -> int:
    return tell_partners(replace(world.deps, tell_loopback=True))


def deliveries(world: World) -> list[PartnerDelivery]:
    rows: list[PartnerDelivery] = world.do(outgoing.list_deliveries, NAME, Page())[0]
    return rows


def test_a_platform_learns_what_became_of_its_donation(engineer: Engineer, world: World) -> None:
    world.pot(1_000_00, donation=10_00)
    with receiver() as (url, received):
        secret = subscribe(world, url)
        engineer.send(engineer.paid(1), engineer.refunded(2, 5_00))
        world.settle()
        assert tell(world) == 1
        engineer.send(engineer.refunded(1, 5_00))
        world.settle()
        assert tell(world) == 1 and tell(world) == 0
    events = [Webhook(secret).verify(body, headers) for headers, body in received]
    assert [event["type"] for event in events] == ["donation.matched", "refund.booked"]
    described = engineer.http.get("/api/openapi.json").get_json()["x-webhooks"]
    assert set(described) == set(ALL)
    for event in events:
        _as_described(event)
    assert events[0]["data"]["donation_id"] == "T-1"
    assert (events[0]["data"]["match"]["captured_minor"], events[1]["data"]["refunded_minor"]) == (10_00, 5_00)
    assert [headers["webhook-id"] for headers, _ in received] == [event["id"] for event in events]
    assert {row.state for row in deliveries(world)} == {"sent"}
    world.check()


def test_phases_and_news_are_sent_to_platforms_that_may_raise(engineer: Engineer, world: World) -> None:
    with receiver() as (url, received):
        subscribe(world, url, ["campaign.phase", "project.news"])
        world.do(add_news, world.projects[0], NewsText(date(2026, 9, 9), "灶台修好了"), ACTOR)
        world.do(cancel, world.slug, ACTOR)
        assert tell(world) == 2
    for _, body in received:
        _as_described(json.loads(body))
    events = {(event := json.loads(body))["type"]: event["data"] for _, body in received}
    assert events["project.news"]["title"] == "灶台修好了"
    assert events["campaign.phase"] == {"campaign": world.slug, "phase": "cancelled"}


def test_a_failed_delivery_is_retried_for_a_day_and_then_manually(engineer: Engineer, world: World) -> None:
    with receiver(*[500] * (len(BACKOFF) + 1)) as (url, received):
        subscribe(world, url)
        engineer.send(engineer.paid(1))
        world.settle()
        began = world.clock.at
        for minutes in BACKOFF:
            assert tell(world) == 0 and tell(world) == 0, "not before its time"
            world.clock.at += timedelta(minutes=minutes)
        assert tell(world) == 0
        assert world.clock.at - began >= timedelta(days=1)
        [row] = deliveries(world)
        assert (row.state, row.status, row.attempts) == ("failed", 500, len(BACKOFF) + 1)
        world.do(outgoing.send_again, NAME, row.id)
        assert tell(world) == 1
    assert len({body for _, body in received}) == 1, "always the same words"
    assert len({headers["webhook-id"] for headers, _ in received}) == 1
    assert deliveries(world)[0].state == "sent"


def test_deliveries_held_during_a_pause_are_sent_after_it(engineer: Engineer, world: World) -> None:
    with receiver() as (url, received):
        subscribe(world, url)
        [row] = world.do(outgoing.subscriptions_of, NAME)
        engineer.send(engineer.paid(1))
        world.settle()
        world.do(registered.pause_subscription, NAME, row.id, ACTOR)
        engineer.send(engineer.paid(2))
        world.settle()
        world.clock.at += timedelta(days=2)  # longer than what nobody takes is tried again
        assert tell(world) == 0
        assert [delivery.state for delivery in deliveries(world)] == ["held", "held"]
        world.do(registered.resume_subscription, NAME, row.id, ACTOR)
        assert tell(world) == 2
    # Deliveries of a batch go out side by side: the platform may meet them in any order.
    assert {json.loads(body)["data"]["donation_id"] for _, body in received} == {"T-1", "T-2"}
    assert {delivery.state for delivery in deliveries(world)} == {"sent"}


def test_deliveries_to_a_paused_platform_wait_until_it_is_live(engineer: Engineer, world: World) -> None:
    def move(state: str) -> None:
        world.do(partner_states.change_state, world.deps.keys, NAME, state, ACTOR)

    with receiver() as (url, received):
        subscribe(world, url)
        engineer.send(engineer.paid(1))
        world.settle()
        move("paused")
        world.do(add_news, world.projects[0], NewsText(date(2026, 9, 9), "灶台修好了"), ACTOR)
        world.clock.at += timedelta(days=2)
        assert tell(world) == 0 and tell(world) == 0
        assert [delivery.state for delivery in deliveries(world)] == ["held", "held"]
        move("live")
        assert tell(world) == 2
    assert {json.loads(body)["type"] for _, body in received} == {"donation.matched", "project.news"}


@pytest.mark.parametrize(
    ("days", "state", "failure"), [(31, "paused", "held_too_long"), (1, "ended", "unsubscribed")]
)
def test_deliveries_to_a_platform_that_stays_away_are_given_up(
    engineer: Engineer, world: World, days: int, state: str, failure: str
) -> None:
    subscribe(world, "https://platform.example/hook")
    engineer.send(engineer.paid(1))
    world.settle()
    world.do(partner_states.change_state, world.deps.keys, NAME, "paused", ACTOR)
    assert tell(world) == 0
    world.do(partner_states.change_state, world.deps.keys, NAME, state, ACTOR)
    world.clock.at += timedelta(days=days)
    assert tell(world) == 0
    assert [(delivery.state, delivery.failure) for delivery in deliveries(world)] == [("failed", failure)]


def test_deliveries_held_for_thirty_days_are_given_up(engineer: Engineer, world: World) -> None:
    subscribe(world, "https://platform.example/hook")
    [row] = world.do(outgoing.subscriptions_of, NAME)
    world.do(registered.pause_subscription, NAME, row.id, ACTOR)
    engineer.send(engineer.paid(1))
    world.settle()
    world.clock.at += timedelta(days=30, seconds=1)
    assert tell(world) == 0
    assert [(delivery.state, delivery.failure) for delivery in deliveries(world)] == [("failed", "held_too_long")]
    world.do(registered.unsubscribe, NAME, row.id, ACTOR)
    with pytest.raises(Conflict):
        world.do(registered.resume_subscription, NAME, row.id, ACTOR)


def test_a_delivery_held_during_the_resumption_is_sent(engineer: Engineer, world: World) -> None:
    with receiver() as (url, received):
        subscribe(world, url)
        engineer.send(engineer.paid(1))
        world.settle()
        world.do(lambda tx: tx.run("UPDATE partner_delivery SET state = 'held'"))
        assert tell(world) == 1
    assert len(received) == 1


def test_a_rolled_back_fact_creates_no_delivery(engineer: Engineer, world: World) -> None:
    subscribe(world, "https://platform.example/hook")
    with pytest.raises(ZeroDivisionError), world.db.transaction() as tx:
        add_news(tx, world.projects[0], NewsText(date(2026, 9, 9), "没有的事"), ACTOR)
        raise ZeroDivisionError
    assert deliveries(world) == []


def test_a_private_address_is_not_called(engineer: Engineer, world: World) -> None:
    with receiver() as (url, received):
        subscribe(world, url)
        engineer.send(engineer.paid(1))
        world.settle()
        assert tell_partners(world.deps) == 0
        assert received == []
    assert deliveries(world)[0].failure == "address_private"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:0a00:0001::", "224.0.0.1", "240.0.0.1", "x"),
    ],
)
def test_private_and_reserved_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet() -> None:
    assert is_public("1.1.1.1") and is_public("2606:4700:4700::1111")
    assert is_public("127.0.0.1", loopback=True) and not is_public("10.0.0.1", loopback=True)


def test_a_name_that_means_this_machine_is_refused() -> None:
    with pytest.raises(Unreachable) as refused:
        public_address("localhost", 443)
    assert refused.value.code == "address_private"
    with pytest.raises(Unreachable) as unknown:
        public_address("nobody.invalid", 443)
    assert unknown.value.code == "address_unknown"
    with pytest.raises(Unreachable) as insecure:
        post("http://1.1.1.1/hook", b"{}", {})
    assert insecure.value.code == "address_insecure"


@pytest.mark.parametrize(
    "url", ["", "ftp://x.org", "https://", "https://a:b@x.org", "https://x.org:99999", "x" * 501]
)
def test_an_invalid_subscription_address_is_refused(engineer: Engineer, world: World, url: str) -> None:
    with pytest.raises(Invalid):
        subscribe(world, url)


def test_subscriptions_are_few_and_end(engineer: Engineer, world: World) -> None:
    for number in range(outgoing.MOST_SUBSCRIPTIONS):
        subscribe(world, f"https://platform.example/{number}")
    with pytest.raises(Conflict):
        subscribe(world, "https://platform.example/more")
    first = world.do(outgoing.subscriptions_of, NAME)[0]
    world.do(registered.unsubscribe, NAME, first.id, ACTOR)
    engineer.send(engineer.paid(1))
    world.settle()
    assert first.id not in {row.subscription_id for row in deliveries(world)}
    assert len(deliveries(world)) == outgoing.MOST_SUBSCRIPTIONS - 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_platform_is_not_followed(status: int) -> None:
    with receiver(status) as (url, received):
        assert post(url, b"{}", {}, loopback=True) == status
    assert len(received) == 1
