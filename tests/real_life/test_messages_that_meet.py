"""Messages from outside: one bad one does not stop the others, a repetition is one, and requests that meet do not
fail."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from kernel.db import Tx
from payments.inbox.inbox import store
from payments.inbox.receive import receive, receive_each
from payments.messages import Message, message
from tests.api.client import problem
from tests.closing.partner import event as partner_event
from tests.closing.partner import tell
from tests.races.runners import at_once, errors
from tests.webhooks.test_partners import event, send, stored
from tests.world import World

# One bad message does not stop the others


def test_an_event_of_an_unknown_type_is_accepted_and_ignored(http: FlaskClient, world: World, secret: str) -> None:
    batch = {"events": [event(world, 1), {"type": "donation.pledged", "id": "x"}, event(world, 2)]}
    response = send(http, secret, batch)
    assert response.status_code == 202
    assert response.get_json() == {"accepted": 2, "repeated": 0, "conflicting": 0, "ignored": 1}
    assert send(http, secret, {"type": "donation.pledged", "id": "p"}).get_json()["ignored"] == 1
    world.settle()
    assert world.totals().donations == 2
    world.check()


@pytest.mark.parametrize("kind", [None, 5, "", " ", ["donation.paid"]])
def test_a_type_that_is_no_text_is_malformed(http: FlaskClient, world: World, secret: str, kind: Any) -> None:
    refusal = problem(send(http, secret, event(world) | {"type": kind}), 422, "event_invalid")
    assert set(refusal["errors"]) == {"type"}


def test_partial_takes_the_good_ones_and_names_the_bad(http: FlaskClient, world: World, secret: str) -> None:
    events = [event(world, number) for number in range(4)]
    events[1]["data"]["amount_minor"] = "25.00"
    events[2] = {"type": "donation.paid"}
    assert send(http, secret, {"events": events}).status_code == 422
    assert stored(world) == 0
    response = send(http, secret, {"events": events}, query="?partial=1")
    assert response.status_code == 202
    body = response.get_json()
    assert (body["accepted"], [refused["index"] for refused in body["refused"]]) == (2, [1, 2])
    assert body["refused"][0]["fields"] == {"data.amount_minor": {"code": "not_whole"}}
    assert {"id", "occurred_at", "data"} <= set(body["refused"][1]["fields"])
    only_bad = send(http, secret, events[1], query="?partial=1").get_json()
    assert (only_bad["accepted"], only_bad["refused"][0]["index"]) == (0, 0)
    problem(send(http, secret, [], query="?partial=1"), 422, "event_invalid")
    world.settle()
    assert world.totals().donations == 2
    world.check()


# A repetition that differs only in envelope fields is a repetition


def test_a_repetition_with_another_envelope_is_a_repetition(http: FlaskClient, world: World, secret: str) -> None:
    first = event(world)
    send(http, secret, first)
    later = copy.deepcopy(first)
    later |= {"occurred_at": (world.clock.at + timedelta(minutes=1)).isoformat(), "attempt": 2, "trace": {"id": 7}}
    assert send(http, secret, later).get_json() == {"accepted": 0, "repeated": 1, "conflicting": 0}
    batch = send(http, secret, {"events": [later, first, later]}).get_json()
    assert batch == {"accepted": 0, "repeated": 3, "conflicting": 0}
    other = event(world, amount_minor=25_01)
    assert send(http, secret, other).get_json()["conflicting"] == 1
    refunded = {"donation_id": "T-1", "amount_minor": 25_00, "currency": "CNY"}
    as_refund = first | {"type": "donation.refunded", "data": refunded}
    assert send(http, secret, as_refund).get_json()["conflicting"] == 1


def test_a_message_stored_by_an_earlier_version_is_still_a_repetition(world: World) -> None:
    body = partner_event("D1", 50_00, at=world.clock.at)
    world.do(store, world.deps.keys, [Message("partner:p", "e1", body, "hash of the whole body")])
    assert world.do(store, world.deps.keys, [message("partner:p", "e1", body, compare=True)]).repeated == 1
    other = partner_event("D1", 60_00, at=world.clock.at)
    assert world.do(store, world.deps.keys, [message("partner:p", "e1", other, compare=True)]).conflicting == 1


# Dates in the future are refused, old ones are taken


@pytest.mark.parametrize(("minutes", "refused"), [(4, False), (6, True), (60 * 24 * 365, True)])
def test_a_date_in_the_future_is_refused(
    http: FlaskClient, world: World, secret: str, minutes: int, refused: bool
) -> None:
    sent = datetime.now(UTC)
    ahead = (max(world.clock.at, sent) + timedelta(minutes=minutes)).isoformat()
    for body, name in ((event(world, paid_at=ahead), "data.paid_at"), (event(world, 2), "occurred_at")):
        if name == "occurred_at":
            body["occurred_at"] = ahead
        response = send(http, secret, body, at=sent.timestamp())
        if refused:
            assert problem(response, 422, "event_invalid")["fields"] == {name: {"code": "in_the_future"}}
        else:
            assert response.status_code == 202


def test_while_our_clock_is_slow_the_signed_time_of_the_request_counts(
    http: FlaskClient, world: World, secret: str
) -> None:
    """A refusal would be final: the platform has nothing to correct."""
    sent = datetime.now(UTC)
    world.clock.at = sent - timedelta(minutes=30)
    paid = event(world, paid_at=sent.isoformat()) | {"occurred_at": sent.isoformat()}
    assert send(http, secret, paid, at=sent.timestamp()).status_code == 202


def test_a_payment_ahead_of_our_clock_is_processed(world: World) -> None:
    tell(world, "p", "D1", 50_00, at=world.clock.at + timedelta(minutes=30))
    world.settle()
    assert world.totals().donations == 1
    world.check()


def test_an_old_date_is_taken(http: FlaskClient, world: World, secret: str) -> None:
    old = (world.clock.at - timedelta(days=3650)).isoformat()
    assert send(http, secret, event(world, paid_at=old) | {"occurred_at": old}).status_code == 202


# Requests that meet do not fail


def _batches(world: World, turn: int) -> tuple[list[Message], list[Message]]:
    bodies = [partner_event(f"D{turn}-{number:04}", 1_00, at=world.clock.at) for number in range(1_000)]
    batch = [message("partner:p", body["id"], body, compare=True) for body in bodies]
    return batch, batch[::-1]


def test_a_batch_and_its_reverse_sent_at_once_never_deadlock(world: World) -> None:
    for turn in range(10):
        batch, reverse = _batches(world, turn)
        answers = at_once(
            lambda b=batch: world.do(store, world.deps.keys, b),
            lambda b=reverse: world.do(store, world.deps.keys, b),
        )
        assert errors(answers) == []
        assert sorted(result.new for result in answers) == [0, 1_000]


@contextmanager
def _inserted_as_sent() -> Iterator[None]:
    """The control: rows are inserted in the order of the request, as they were."""
    execute = Tx._execute

    def execute_as_sent(tx: Tx, sql: str, values: dict[str, Any], *name: str) -> Any:
        return execute(tx, sql.replace("ORDER BY source, event_id /* order:inbox */", ""), values, *name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tx, "_execute", execute_as_sent)
        yield


def test_control_in_the_order_of_the_request_they_do_and_are_tried_again(world: World) -> None:
    met = 0
    with _inserted_as_sent():
        for turn in range(30):
            batch, reverse = _batches(world, turn)
            answers = at_once(
                lambda b=batch: world.do(store, world.deps.keys, b),
                lambda b=reverse: world.do(store, world.deps.keys, b),
            )
            met += len([error for error in errors(answers) if isinstance(error, OperationalError)])
            if met >= 2:
                break
        assert met
        for turn in range(100, 105):
            batch, reverse = _batches(world, turn)
            answers = at_once(
                lambda b=batch: receive(world.db, world.deps.keys, b),
                lambda b=reverse: receive(world.db, world.deps.keys, b),
            )
            assert errors(answers) == []


def test_messages_are_processed_in_the_order_of_the_request(world: World) -> None:
    names = ["z", "a", "m", "b"]
    world.do(store, world.deps.keys, [message("partner:p", name, {"type": name}, compare=True) for name in names])
    rows = world.do(lambda tx: tx.rows("SELECT event_id FROM inbox_event ORDER BY id"))
    assert [row.event_id for row in rows] == names


def test_callers_that_share_a_transaction_get_their_own_counts(world: World) -> None:
    def told(event_id: str, word: str = "a") -> Message:
        return message("partner:x", event_id, {"type": word, "data": {}}, compare=True)

    receive(world.db, world.deps.keys, [told("1")])
    batches = [[told("1"), told("2")], [told("2"), told("3"), told("3", "b")], [told("1", "b")], []]
    stored = receive_each(world.db, world.deps.keys, batches)
    assert [row[:3] for row in stored] == [(1, 1, 0), (1, 1, 1), (0, 0, 1), (0, 0, 0)]
    assert stored[1].results == ("repeated", "accepted", "conflicting")
