"""Two weeks of a made-up provider, from the first gift to the released match: payouts that fail, refunds that fail
later, disputes over parts, lost, won after all, and a second one, another currency, another shop's payments, fees
and adjustments. Messages come late, twice and in any order; `check-books` is content at the end of every day."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.check import check_books
from campaigns.closing.check import open_items
from campaigns.closing.reconciliation.bookings import positions
from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.fetch_statement import follow_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.report import report
from campaigns.closing.restore import restore_match
from campaigns.desks import inbox_desk
from campaigns.donations.view import DonationView
from kernel.clock import FixedClock
from kernel.db import Database
from tests.real_life.provider import Json, MadeUpProvider
from tests.world import World, build

DAYS = 11
AMOUNTS = (100_00, 200_00, 150_00, 80_00, 120_00, 60_00, 90_00, 100_00, 75_00, 40_00)


@dataclass
class Fortnight:
    """A campaign of eleven days, and its provider."""

    world: World
    provider: MadeUpProvider
    random: random.Random
    gifts: list[DonationView] = field(default_factory=list)
    charges: list[str] = field(default_factory=list)
    said: int = 0  # messages of the provider that were put on their way
    on_their_way: list[tuple[str, Json, datetime, str]] = field(default_factory=list)

    def give(self) -> None:
        """Ten donors give, a minute apart, and pay."""
        for number, amount in enumerate(AMOUNTS):
            self.world.clock.advance(minutes=1)
            self.gifts.append(self.world.give(amount, number % 3, email=f"{number}@example.org"))
            if number < 7:
                self.charges.append(self.provider.pay(self.gifts[-1]))

    def hear(self, everything: bool = False) -> None:
        """Messages arrive: most of them, in any order, some twice."""
        new = self.provider.messages[self.said :]
        self.on_their_way += [(*message, f"evt_{self.said + number}") for number, message in enumerate(new)]
        self.said = len(self.provider.messages)
        self.random.shuffle(self.on_their_way)
        now = len(self.on_their_way) if everything else len(self.on_their_way) * 2 // 3
        arriving, self.on_their_way = self.on_their_way[:now], self.on_their_way[now:]
        arriving += self.random.sample(arriving, len(arriving) // 4)
        for kind, subject, at, event in arriving:
            body = {name: value for name, value in subject.items() if name != "other_shop"}
            self.world.tell(kind, body, at, event)
        self.world.settle()

    def end_day(self, everything: bool = False) -> None:
        """The jobs run, and the books hold."""
        self.hear(everything)
        restore_match(self.world.deps)
        follow_statement(self.world.deps)
        self.world.do(compare)
        with self.world.db.snapshot() as tx:
            assert check_books(tx) == []
        self.world.clock.at = self.world.clock.at + timedelta(days=1)

    def differences(self, state: str = "open") -> list[Any]:
        rows: list[Any] = self.world.do(listed, 1, state)[0]
        return rows

    def held(self) -> tuple[int, int]:
        """What the provider holds by our books, and what of it is in suspense."""
        [position] = [row for row in self.world.do(positions) if row.currency == "CNY"]
        return position.held_minor, position.suspense_minor


@pytest.fixture
def provider(clock: FixedClock) -> Iterator[MadeUpProvider]:
    made_up = MadeUpProvider(clock)
    yield made_up
    made_up.close()


def live(fortnight: Fortnight) -> Iterator[None]:
    """What happens at the provider, day by day."""
    provider, charges, gifts = fortnight.provider, fortnight.charges, fortnight.gifts
    fortnight.give()
    provider.pay_another_shop("shop_1", 66_00)
    yield
    payout = provider.pay_out(300_00)
    back = provider.refund(charges[0], 100_00, "pending")
    provider.refund("ch_shop_1", 20_00)
    yield
    provider.fail_payout(payout)
    provider.end_refund(back, "failed")
    part = provider.refund(charges[1], 40_00)
    provider.keep_fee(5_00)
    yield
    over_a_part = provider.dispute(charges[2], 30_00)
    over_all = provider.dispute(charges[3], 80_00)
    provider.dispute("ch_shop_1", 46_00)
    yield
    provider.end_dispute(over_a_part, "lost")
    provider.end_dispute(over_all, "lost")
    twice = provider.pay(gifts[4], again="_again")
    yield
    provider.end_dispute(over_all, "won")
    provider.end_refund(part, "failed")
    dollars = provider.pay(gifts[7], 14_00, "usd")
    yield
    second = provider.dispute(charges[3], 50_00)
    provider.refund(twice, 120_00)
    yield
    provider.end_dispute(second, "lost")
    provider.refund(dollars, 14_00)
    provider.refund(charges[6], 90_00)
    yield
    too_much = provider.dispute(charges[6], 90_00)  # refunded already: more goes back than came
    provider.pay(gifts[8], 74_00)
    yield
    provider.end_dispute(too_much, "lost")
    provider.adjust(-3_00)
    provider.pay_out(200_00)
    yield


@pytest.mark.parametrize("seed", [1, 2])
def test_two_weeks_end_released_with_nothing_unexplained(
    db: Database, clock: FixedClock, provider: MadeUpProvider, seed: int
) -> None:
    ends = clock.at + timedelta(days=DAYS)
    world = build(db, clock, provider.gateway(), ends_at=ends, notice_s=86_400)
    world.pot(1_000_00)
    fortnight = Fortnight(world, provider, random.Random(seed))
    for _ in live(fortnight):
        fortnight.end_day()
    fortnight.end_day(everything=True)
    assert [row.cause for row in fortnight.differences()] == ["adjustment"]
    held, _ = fortnight.held()
    assert held - 3_00 == provider.held()

    clock.at = max(clock.at, ends)
    world.close()
    clock.at = ends + timedelta(minutes=31)
    provider.pay(fortnight.gifts[9])  # after it expired and the campaign is over
    fortnight.hear(everything=True)
    world.close()
    clock.at = ends + timedelta(hours=26)
    world.close()
    assert world.phase() == "reconciling"
    [left] = fortnight.differences()
    world.do(sign_off, left.id, "the provider corrected a rounding", "finance")
    clock.advance(seconds=61)
    world.close()
    assert world.phase() == "notice"
    clock.advance(days=1)
    world.close()
    assert world.phase() == "released"

    assert fortnight.differences() == []
    assert fortnight.held() == (provider.held(), -3_00)
    assert world.do(report, 1)["suspense"] == [
        {
            "provider": "stripe",
            "cause": "adjustment",
            "account": "suspense",
            "currency": "CNY",
            "differences": 1,
            "amount_minor": -3_00,
        }
    ]
    states = [world.view(gift).status for gift in fortnight.gifts]
    kept = [100_00, 200_00, 120_00, 30_00, 120_00, 60_00, 0, 0, 74_00, 40_00]
    assert [
        view.amount_minor - view.refunded_minor if view.paid_at else 0 for view in map(world.view, fortnight.gifts)
    ] == kept
    assert states[6] == "refunded"
    assert {*states[:6], states[8], states[9]} == {"settled"}
    with world.db.snapshot() as tx:
        assert check_books(tx) == []
        assert open_items(tx) == (0, 0, 1, 3_00)
        flagged = tx.row("SELECT inbox_id, note FROM inbox_work WHERE state = 'flagged'")
    assert flagged.note == "more_returned_than_came"
    world.do(inbox_desk.dismiss, "finance", flagged.inbox_id, "the bank took the money although it was refunded")
    with world.db.snapshot() as tx:
        assert open_items(tx) == (0, 0, 0, 3_00)
