"""Any interleaving and repetition of what is told of the refunds and disputes of a donation, by us, by its provider
or by a partner, with the statement read at any moments between, ends in the same books: they hold what the teller
holds, and the match stays within its rules."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.check import check_books
from campaigns.closing.reconciliation.bookings import positions
from campaigns.closing.reconciliation.discrepancies import count_open
from campaigns.closing.reconciliation.fetch_statement import follow_statement
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.restore import restore_match
from campaigns.donations.refunds.refund import request_refund, send_refunds
from kernel.clock import FixedClock
from kernel.errors import Refusal
from kernel.ids import donation_id_of
from payments.inbox.inbox import store
from payments.messages import message
from payments.partners import partners
from tests.closing.partner import code_of, event
from tests.conftest import NOON
from tests.databases import Databases
from tests.real_life.provider import MadeUpProvider
from tests.world import ACTOR, World, build

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
SHORT = settings(max_examples=8, suppress_health_check=SHARED)
Steps = list[tuple[str, int, str]]
Fresh = Callable[[], AbstractContextManager[tuple[World, MadeUpProvider]]]
LONG = settings(max_examples=400, suppress_health_check=SHARED)

GIFT = 100_00
acts = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.integers(1, 60_00), st.sampled_from(["pending", "succeeded"])),
        st.tuples(st.just("request"), st.integers(1, 60_00), st.just("")),
        st.tuples(st.just("end_refund"), st.integers(0, 3), st.sampled_from(["succeeded", "failed"])),
        st.tuples(st.just("dispute"), st.integers(1, GIFT), st.just("")),
        st.tuples(st.just("end_dispute"), st.integers(0, 1), st.sampled_from(["lost", "won"])),
    ),
    max_size=8,
)


class Teller:
    """A provider's acts over one charge, and the way of its messages to us."""

    def __init__(self, world: World, provider: MadeUpProvider) -> None:
        self.world, self.provider = world, provider
        self.first = len(provider.messages)
        self.gift = world.give(GIFT)
        self.charge = provider.pay(self.gift)
        self.refunds: list[str] = []
        self.disputes: dict[str, str] = {}

    def act(self, act_kind: str, which: int, how: str) -> None:
        self.world.clock.advance(seconds=2)
        provider, charge = self.provider, self.provider.charges[self.charge]
        left = charge["amount"] - charge["amount_refunded"]
        if act_kind == "refund" and which <= left:
            self.refunds.append(provider.refund(self.charge, which, how))
        elif act_kind == "request":
            self._request(which)
        elif act_kind == "end_refund" and which < len(self.refunds):
            refund = self.refunds[which]
            if provider.things[refund]["status"] != "failed" and how != provider.things[refund]["status"]:
                provider.end_refund(refund, how)
        elif act_kind == "dispute" and "needs_response" not in self.disputes.values() and len(self.disputes) < 2:
            self.disputes[provider.dispute(self.charge, which)] = "needs_response"
        elif act_kind == "end_dispute" and which < len(self.disputes):
            dispute = list(self.disputes)[which]
            if self.disputes[dispute] == "needs_response" or (self.disputes[dispute], how) == ("lost", "won"):
                self.disputes[dispute] = how
                provider.end_dispute(dispute, how)

    def _request(self, amount: int) -> None:
        """A manager asks for a refund, by what our books know at this moment."""
        try:
            self.world.do(request_refund, self.gift.id, amount, "the donor asked", ACTOR)
        except Refusal:
            return
        known = set(self.provider.things)
        send_refunds(self.world.deps)
        self.refunds += [name for name in self.provider.things if name not in known]

    def end_disputes(self) -> None:
        for dispute, state in list(self.disputes.items()):
            if state == "needs_response":
                self.act("end_dispute", list(self.disputes).index(dispute), "lost")

    def say(self, number: int) -> None:
        """One message arrives, perhaps again, under an id of its own or the same as before."""
        kind, subject, at = self.provider.messages[self.first + number]
        body = {name: value for name, value in subject.items() if name != "other_shop"}
        self.world.tell(kind, body, at, f"evt_{self.first + number}")


@pytest.fixture
def fresh(databases: Databases) -> Fresh:
    """Opens a long campaign with enough match in an empty database."""

    @contextmanager
    def open_day() -> Iterator[tuple[World, MadeUpProvider]]:
        clock = FixedClock(NOON)
        provider = MadeUpProvider(clock)
        with databases.one() as url:
            db, ends_at = databases.opened(url, clock), NOON + timedelta(days=9)
            yield build(db, clock, provider.gateway(), then=_matched, ends_at=ends_at), provider
        provider.close()

    return open_day


def _matched(world: World) -> None:
    world.pot(1_000_00)
    world.do(partners.create, world.deps.keys, "plat", "平台", statement_expected=False)


def ends_at_the_providers_balance(
    world: World, provider: MadeUpProvider, steps: Steps, data: st.DataObject
) -> None:
    teller = Teller(world, provider)
    count = 0
    for step in steps:
        teller.act(*step)
        new = len(provider.messages) - teller.first - count
        if data.draw(st.booleans(), label="some arrive"):
            for number in data.draw(st.permutations(range(count, count + new)), label="in this order"):
                teller.say(number)
            world.settle()
        if data.draw(st.booleans(), label="the statement is read"):
            follow_statement(world.deps)
    teller.end_disputes()
    everything = range(len(provider.messages) - teller.first)
    again = data.draw(st.lists(st.sampled_from(everything), max_size=4), label="again")
    for number in [*data.draw(st.permutations(everything), label="all"), *again]:
        teller.say(number)
    world.settle()
    follow_statement(world.deps)
    restore_match(world.deps)
    world.do(compare)
    quiet(world, "stripe", provider.held(), teller.gift.id)


def quiet(world: World, provider: str, held_minor: int, gift: UUID) -> None:
    """Our books hold what the provider holds, nothing is listed, and match is what is kept earns."""
    with world.db.snapshot() as tx:
        assert check_books(tx) == []
        assert {row.provider: row.held_minor for row in positions(tx)}[provider] == held_minor
        assert count_open(tx, 1) == 0
    view = world.view(gift)
    assert view.captured_minor == view.amount_minor - view.refunded_minor


@SHORT
@given(steps=acts, data=st.data())
def test_any_order_of_a_providers_messages(fresh: Fresh, steps: Steps, data: st.DataObject) -> None:
    with fresh() as (world, provider):
        ends_at_the_providers_balance(world, provider, steps, data)


@pytest.mark.long
@LONG
@given(steps=acts, data=st.data())
def test_many_orders_of_a_providers_messages(fresh: Fresh, steps: Steps, data: st.DataObject) -> None:
    with fresh() as (world, provider):
        ends_at_the_providers_balance(world, provider, steps, data)


totals = st.lists(st.tuples(st.sampled_from(["refunded", "refund_reversed"]), st.integers(0, GIFT)), max_size=5)


def ends_at_the_partners_balance(world: World, totals: list[tuple[str, int]], data: st.DataObject) -> None:
    """A partner tells totals that rise and fall, and its bill has a line for each change."""
    number = world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation"))
    name, code = f"gift-{number}", code_of(world, 0)
    bodies = [event(name, GIFT, at=world.clock.at, project_code=code)]
    lines = [("charge", GIFT)]
    newest = {"refunded": 0, "refund_reversed": 0}
    for place, (kind, total) in enumerate(totals):
        world.clock.advance(seconds=1)
        gone = max(newest["refunded"] - newest["refund_reversed"], 0)
        newest[kind] = total
        change = max(newest["refunded"] - newest["refund_reversed"], 0) - gone
        bodies.append(event(name, total, kind=kind, at=world.clock.at, event_id=f"{kind}-{name}-{place}"))
        lines += [("refund", -change)] if change else []
    orders = st.permutations(range(len(bodies)))
    again = st.lists(st.sampled_from(range(len(bodies))), max_size=3)
    billed = data.draw(st.integers(0, len(bodies)), label="the bill comes before this one")
    for place, index in enumerate([*data.draw(orders, label="order"), *data.draw(again, label="again")]):
        if place == billed:
            _bill(world, name, lines)
        _tell(world, bodies[index])
    _bill(world, name, lines)
    restore_match(world.deps)
    world.do(compare)
    held = world.do(
        lambda tx: tx.scalar(
            "SELECT sum(amount_minor - fee_minor) FROM provider_line WHERE provider = 'partner:plat'"
        )
    )
    quiet(world, "partner:plat", int(held), donation_id_of("plat", name))


def _tell(world: World, body: dict[str, Any]) -> None:
    world.do(
        store, world.deps.keys, [message("partner:plat", body["id"], json.loads(json.dumps(body)), compare=True)]
    )
    world.settle()


def _bill(world: World, name: str, lines: list[tuple[str, int]]) -> None:
    at = world.clock.at.replace(hour=0).isoformat()
    rows = [f"{name}-{n},{kind},{name},{amount},1,CNY,{at}" for n, (kind, amount) in enumerate(lines)]
    head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
    world.do(import_statement, "plat", head + "\n".join(rows), ACTOR)


@SHORT
@given(steps=totals, data=st.data())
def test_any_order_of_a_partners_totals(fresh: Fresh, steps: list[tuple[str, int]], data: st.DataObject) -> None:
    with fresh() as (world, _):
        ends_at_the_partners_balance(world, steps, data)


@pytest.mark.long
@LONG
@given(steps=totals, data=st.data())
def test_many_orders_of_a_partners_totals(fresh: Fresh, steps: list[tuple[str, int]], data: st.DataObject) -> None:
    with fresh() as (world, _):
        ends_at_the_partners_balance(world, steps, data)
