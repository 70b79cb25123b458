"""Messages of payments that meet each other, the scheduler and the donor: each takes effect once."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from campaigns.check import check_books
from campaigns.donations.unpaid.expire import cancel, expire
from campaigns.donations.view import DonationView
from campaigns.intake.process import process_inbox
from kernel.db import Tx
from kernel.errors import Conflict
from payments.inbox.inbox import store
from payments.inbox.message_keys import sealing_key
from payments.messages import message
from tests.races.runners import Meeting, at_once, drop_check, errors, without_lock
from tests.world import World

ROUNDS = 8


def _faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def _count(world: World, table: str, where: str = "true") -> int:
    return int(world.do(lambda tx: tx.scalar(f"SELECT count(*) FROM {table} WHERE {where}")))


def _same_webhook(world: World, pledged: DonationView, deliveries: int) -> list[Any]:
    """The same event arrives in several processes at once; each stores it and works off what is due."""
    created = int(world.clock.at.timestamp())
    body = {
        "id": "evt_same",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": created,
        "data": {"object": world.intent(pledged)},
    }

    def deliver() -> int:
        world.do(store, world.deps.keys, [message("stripe", "evt_same", body, compare=False)])
        return process_inbox(world.deps)

    return at_once(*[deliver] * deliveries)


def test_the_same_webhook_many_times_at_once_is_one_receipt(world: World) -> None:
    pot = world.pot(500_00)
    pledged = world.give(100_00)
    answers = _same_webhook(world, pledged, 8)
    assert sorted(answers) == [0] * 7 + [1]
    assert _count(world, "inbox_event") == 1
    assert _count(world, "donation_history", "to_status = 'paid'") == 1
    assert world.totals() == (1, 1, 100_00, 100_00)
    assert world.pots()[pot].available_minor == 400_00
    world.check()


def test_control_look_then_insert_keeps_the_webhook_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Meeting()

    def look_then_insert(tx: Tx, values: dict[str, list[str]]) -> set[tuple[str, str]]:
        fresh = set()
        for source, event_id in zip(values["source"], values["event_id"], strict=True):
            known = tx.scalar("SELECT 1 FROM inbox_event WHERE event_id = :id", id=event_id)
            meeting.wait()
            if known is None:
                tx.run(
                    """WITH e AS (INSERT INTO inbox_event (source, event_id, body, body_hash, received_at)
                                  VALUES (:source, :id, '{}', '', :now) RETURNING id)
                       INSERT INTO inbox_work (inbox_id) SELECT id FROM e""",
                    source=source,
                    id=event_id,
                    now=tx.now,
                )
                fresh.add((source, event_id))
        return fresh

    world.do(sealing_key, world.deps.keys)  # the job makes a day's key before its first message
    monkeypatch.setattr("payments.inbox.inbox._insert", look_then_insert)
    world.do(drop_check, "inbox_event", "inbox_event_once")
    _same_webhook(world, world.give(100_00), 2)
    assert _count(world, "inbox_event") == 2


def test_control_without_locks_one_webhook_counts_twice(world: World) -> None:
    pledged = world.give(100_00)
    world.tell("payment_intent.succeeded", world.intent(pledged))
    with without_lock("inbox"), without_lock("donations"):
        assert at_once(*[lambda: process_inbox(world.deps)] * 2) == [1, 1]
    assert _count(world, "donation_history", "to_status = 'paid'") == 2
    assert [fault for fault in _faults(world) if fault.startswith("heads_counted")]


def _two_workers(world: World, number: int) -> tuple[list[int], list[DonationView]]:
    """So many payments are told; two workers work them off in small batches. What each did, and the donations."""
    world.pot(10_000_00)
    pledged = [created.donation for created in world.try_give(*[world.command(10_00) for _ in range(number)])]  # type: ignore[union-attr]
    for donation in pledged:
        world.tell("payment_intent.succeeded", world.intent(donation))

    def work() -> int:
        done = 0
        while now := process_inbox(world.deps, most=3):
            done += now
        return done

    return at_once(work, work), pledged


def test_two_workers_share_the_inbox(world: World) -> None:
    done, pledged = _two_workers(world, 30)
    world.settle()  # a worker that found everything claimed may have gone home early
    assert sum(done) == 30
    assert {world.view(donation).captured_minor for donation in pledged} == {10_00}
    assert _count(world, "donation_history", "to_status = 'paid'") == 30
    world.check()


def test_control_without_claims_two_workers_do_the_same_work(world: World) -> None:
    with without_lock("inbox"):
        done, _ = _two_workers(world, 3)
    assert sum(done) == 6


def _lapse_against_payment(world: World) -> tuple[DonationView, list[Any]]:
    pledged = world.give(100_00)
    world.clock.advance(minutes=15)
    world.tell("payment_intent.succeeded", world.intent(pledged))
    answers = at_once(lambda: expire(world.deps), lambda: process_inbox(world.deps))
    return world.view(pledged), answers


def test_lapse_against_payment(world: World) -> None:
    world.pot(10_000_00)
    for _ in range(ROUNDS):
        view, answers = _lapse_against_payment(world)
        assert answers in ([0, 1], [1, 1])
        assert (view.status, view.captured_minor, view.reserved_minor) == ("paid", 100_00, 0)
    world.check()


def test_control_without_the_donations_lock_a_lapse_breaks_a_paid_promise(world: World) -> None:
    world.pot(10_000_00)
    with without_lock("donations"):
        view, _ = _lapse_against_payment(world)
    assert (view.status, view.captured_minor) != ("paid", 100_00)


def _cancel_against_success(world: World) -> tuple[DonationView, list[Any]]:
    pledged = world.give(100_00)
    world.tell("payment_intent.succeeded", world.intent(pledged))
    answers = at_once(lambda: cancel(world.deps, pledged.id), lambda: process_inbox(world.deps))
    return world.view(pledged), answers


def test_cancel_against_success(world: World) -> None:
    world.pot(10_000_00)
    for _ in range(ROUNDS):
        view, answers = _cancel_against_success(world)
        assert answers[1] == 1
        assert answers[0] is None or (isinstance(answers[0], Conflict) and answers[0].code == "already_paid")
        assert (view.status, view.captured_minor, view.reserved_minor) == ("paid", 100_00, 0)
    world.check()


def test_control_without_the_donations_lock_a_cancel_breaks_a_paid_promise(world: World) -> None:
    world.pot(10_000_00)
    with without_lock("donations"):
        view, _ = _cancel_against_success(world)
    assert (view.status, view.captured_minor) != ("paid", 100_00)


def _refund_against_capture(world: World) -> tuple[DonationView, list[Any]]:
    """Two workers have one message each: the payment, and the refund of a part of it."""
    pledged = world.give(100_00)
    world.tell("payment_intent.succeeded", world.intent(pledged))
    world.tell("charge.refunded", world.charge(pledged, 40_00))
    answers = at_once(*[lambda: process_inbox(world.deps, most=1)] * 2)
    return world.view(pledged), answers


def test_refund_against_capture(world: World) -> None:
    pot = world.pot(10_000_00)
    for done in range(1, ROUNDS + 1):
        _refund_against_capture(world)
        world.settle()
        assert world.totals() == (done, done, done * 60_00, done * 60_00)
    assert world.pots()[pot].available_minor == 10_000_00 - ROUNDS * 60_00
    world.check()


def test_control_without_the_donations_lock_a_refund_is_lost_or_breaks(world: World) -> None:
    world.pot(10_000_00)
    with without_lock("donations"):
        view, answers = _refund_against_capture(world)
    broken = [error for error in errors(answers) if isinstance(error, IntegrityError)]
    assert broken or (view.refunded_minor, view.captured_minor) != (40_00, 60_00)


def test_two_schedulers_let_a_donation_lapse_once(world: World) -> None:
    pot = world.pot(500_00)
    pledged = [world.give(10_00) for _ in range(6)]
    world.clock.advance(minutes=15)
    lapsed = at_once(*[lambda: expire(world.deps)] * 4)
    assert sum(lapsed) == 6
    assert {world.view(donation).status for donation in pledged} == {"expired"}
    assert world.pots()[pot].available_minor == 500_00
    assert expire(world.deps) == 0
    world.check()


def test_control_without_the_donations_lock_a_donation_lapses_twice(world: World) -> None:
    world.pot(500_00)
    world.give(10_00)
    world.clock.advance(minutes=15)
    with without_lock("donations"):
        assert at_once(*[lambda: expire(world.deps)] * 2) == [1, 1]
    assert _count(world, "donation_history", "to_status = 'expired'") == 2
