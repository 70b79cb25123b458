"""The counts that screening keeps are those of a fresh count of the donations, whatever happened meanwhile."""

import random
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from campaigns.check import check_books
from campaigns.screening import screen as screening
from campaigns.screening.counting import SLOT_S, count_payments
from campaigns.screening.rekey import follow_new_keys
from campaigns.screening.screen import count_new_payments, screen
from tests.races.runners import at_once, errors
from tests.screening.watched import case_of, codes, world
from tests.world import World

__all__ = ["world"]

Counts = dict[tuple[str, str, int, int], tuple[int, int]]


def kept(world: World) -> Counts:
    rows = world.do(lambda tx: tx.rows("SELECT * FROM burst_count"))
    return {
        (row.kind, row.place, row.amount_minor, int(row.slot_at.timestamp())): (row.donations, row.newcomers)
        for row in rows
    }


def fresh(world: World) -> Counts:
    """Count in Python, from the donations alone."""
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT d.*, coalesce(n.donations <= 1, false) AS newcomer FROM donation d
                 LEFT JOIN campaign_donor n USING (campaign_id, donor_key) WHERE d.paid_at IS NOT NULL"""
        )
    )
    donations: Counter[tuple[str, str, int, int]] = Counter()
    newcomers: Counter[tuple[str, str, int, int]] = Counter()
    for row in rows:
        places = [("project", str(row.project_id)), ("team", row.team)]
        places += [("source", row.source_code)] if row.channel != "partner" else []
        for kind, place in places:
            for amount_minor in (row.amount_minor, 0) if place else ():
                key = kind, place, amount_minor, int(row.paid_at.timestamp()) // SLOT_S * SLOT_S
                donations[key] += 1
                newcomers[key] += row.newcomer
    return {key: (count, newcomers[key]) for key, count in donations.items()}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 9))])
def test_the_kept_counts_are_those_of_a_fresh_count(world: World, seed: int) -> None:
    """A day of donors who come again, refunds, refunds that fail, and screening at any moment."""
    chance = random.Random(seed)
    world.pot(10_000_00)
    paid: list[UUID] = []
    for _ in range(60):
        match chance.randrange(6):
            case 0 | 1 | 2:
                donor = {"email": f"{chance.randrange(12)}@example.org"} if chance.random() < 0.8 else {}
                where = chance.choice([{}, {"team": "t1"}, {"channel": "livestream", "source_code": "h1"}])
                gift = world.give(chance.choice([8_00, 66_00, 88_00]), chance.randrange(3), **donor, **where)
                paid.append(world.pay(gift).id)
            case 3 if paid:
                donation = world.view(chance.choice(paid))
                if donation.status == "paid":
                    world.refund(donation.id, donation.amount_minor - chance.choice([0, 0, 1_00]))
            case 4:
                world.clock.advance(seconds=chance.choice([1, 7, 90, 200]))
            case _:
                screen(world.deps)
                world.check()
    screen(world.deps)
    assert kept(world) == fresh(world)
    world.check()


def test_a_donor_who_takes_one_donation_back_is_a_newcomer_again(world: World) -> None:
    world.pot(10_000_00)
    first, second = (world.pay(world.give(88_00, email="a@example.org")).id for _ in range(2))
    screen(world.deps)
    key = ("project", str(world.projects[0]), 88_00, int(world.clock.at.timestamp()) // SLOT_S * SLOT_S)
    assert kept(world)[key] == (2, 0)
    world.refund(first, 88_00)
    screen(world.deps)
    assert kept(world)[key] == (2, 2)
    assert world.view(second).status == "paid"


def test_a_donor_whose_refund_failed_is_no_newcomer_although_no_match_is_left_for_them(world: World) -> None:
    donations = [world.pay(world.give(88_00, email="a@example.org")) for _ in range(2)]
    world.refund(donations[0], 88_00)
    screen(world.deps)
    refund = {"id": "re_1", "object": "refund", "amount": 88_00, "currency": "cny", "status": "failed"}
    world.tell("refund.failed", refund | {"payment_intent": world.intent(donations[0])["id"]})
    world.settle()
    screen(world.deps)
    assert kept(world) == fresh(world)
    assert world.view(donations[0]).status == "paid"
    world.check()


def test_concurrent_runs_count_each_payment_once(world: World) -> None:
    world.pot(10_000_00)
    for n in range(12):
        world.pay(world.give(88_00, email=f"{n % 7}@example.org"))
    assert errors(at_once(*[lambda: screen(world.deps)] * 4)) == []
    assert kept(world) == fresh(world)


def test_a_count_that_breaks_off_leaves_nothing(world: World) -> None:
    world.pot(10_000_00)
    donation = world.pay(world.give(88_00)).id

    def break_off() -> None:
        with world.db.transaction() as tx:
            count_payments(tx, [donation])
            raise RuntimeError("the process ends here")

    with pytest.raises(RuntimeError):
        break_off()
    assert kept(world) == {}
    count_new_payments(world.deps)
    assert kept(world) == fresh(world)


def test_a_payment_that_committed_late_is_counted_with_the_second_look(world: World) -> None:
    """Its number in the history was passed before anybody could see it."""
    world.pot(10_000_00)
    screen(world.deps)
    world.pay(world.give(88_00))
    world.do(lambda tx: tx.run("UPDATE screening_mark SET (counted_id, seen_id) = (1000, 1000)"))
    screen(world.deps)
    assert kept(world) == {}
    world.clock.advance(seconds=(screening.OVERLAP + timedelta(seconds=1)).total_seconds())
    screen(world.deps)
    assert kept(world) == fresh(world) != {}
    world.check()


def test_a_rush_is_seen_by_its_first_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "BATCH", 2)
    monkeypatch.setattr(screening, "COUNTED_AT_ONCE", 3)
    world.pot(10_000_00)
    ids = [world.pay(world.give(88_00)).id for _ in range(7)]
    assert screen(world.deps) == 7
    assert codes(case_of(world, ids[0])) == ["same_sum"]


def test_a_donor_with_a_new_key_is_counted_by_it(world: World) -> None:
    world.pot(10_000_00)
    for name in "ab":
        world.pay(world.give(88_00, email=f"{name}@example.org"))
    screen(world.deps)
    old, new = world.do(lambda tx: [row[0] for row in tx.rows("SELECT donor_key FROM donation ORDER BY 1")])

    def rekey(tx: object) -> None:
        for statement in (
            "UPDATE donation SET donor_key = :new WHERE donor_key = :old",
            "UPDATE person_key SET donor_key = :new WHERE donor_key = :old",
            "UPDATE reservation SET donor_key = :new WHERE donor_key = :old",
            "DELETE FROM campaign_donor WHERE donor_key = :old",
            "UPDATE campaign_donor SET donations = 2 WHERE donor_key = :new",
            "UPDATE campaign_tally SET donors = 1",
        ):
            values = {name: key for name, key in (("old", old), ("new", new)) if f":{name}" in statement}
            tx.run(statement, **values)  # type: ignore[attr-defined]
        follow_new_keys(tx, {old: new})  # type: ignore[arg-type]

    world.do(rekey)
    world.check()
    screen(world.deps)
    assert kept(world) == fresh(world)
    assert {newcomers for _, newcomers in kept(world).values()} == {0}
    world.check()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE burst_count SET donations = donations + 1 WHERE amount_minor > 0",
        "DELETE FROM burst_count",
        "DELETE FROM counted_gift",
        "UPDATE counted_gift SET newcomer = false",
    ],
)
def test_wrong_counts_are_found(world: World, damage: str) -> None:
    world.pot(10_000_00)
    world.pay(world.give(88_00))
    screen(world.deps)
    world.clock.advance(hours=1)
    screen(world.deps)
    world.check()
    world.do(lambda tx: tx.run(damage))
    with world.db.snapshot() as tx:
        assert check_books(tx) != []
