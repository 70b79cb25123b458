"""What was decided comes out again from rules and books alone; what was tampered with does not."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from campaigns import pots
from campaigns.check import check_books
from campaigns.closing.challenges import unlock_challenges
from campaigns.donations.explain import DecisionExplanation, explain
from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from campaigns.projects.rating import rate
from kernel.db import Tx
from matching import journal
from matching.pots import Tranche
from tests.matching.kinds import by_pot, moved, offered, proven, replayed, special_pot
from tests.world import ACTOR, VILLAGES, World


def test_pledge_lapse_late_and_refund_come_out_again(world: World) -> None:
    world.pot(250_00, donation=80_00, donor_day=150_00)
    world.pot(500_00, rank=2, ratio_bps=5_000, project=120_00, county=200_00)
    first = world.give(100_00, email="a@example.org")
    paid = world.pay(world.give(100_00, email="a@example.org"))
    world.give(100_00, project=1, email="a@example.org")
    world.clock.advance(minutes=20)
    expire(world.deps)
    world.pay(world.give(90_00, project=1, email="b@example.org"))
    world.pay(first)
    world.refund(paid, 37_00)
    world.pay(world.give(60_00, project=2, email="a@example.org"))
    assert proven(world) == 6


def test_payment_pots_and_pledges_in_one_batch_come_out_again(world: World) -> None:
    """Late and ordinary payments are decided in one transaction, in the order of payment."""
    world.pot(150_00, mode="payment", donor=90_00)
    world.pot(200_00, rank=2)
    late = [world.give(40_00 + n, email="a@example.org") for n in range(3)]
    world.clock.advance(minutes=20)
    expire(world.deps)
    fresh = [world.give(50_00 + n, email=f"{n}@example.org") for n in range(3)]
    for n, donation in enumerate((fresh[0], late[0], fresh[1], late[1], late[2], fresh[2])):
        world.tell("payment_intent.succeeded", world.intent(donation), world.clock.at + timedelta(seconds=n))
    world.settle()
    assert proven(world) == 12


def test_rules_tranches_top_ups_and_reductions_count_from_their_place(world: World) -> None:
    now = world.clock.at
    pot = world.pot(0, tranches=[Tranche(now, 100_00), Tranche(now + timedelta(minutes=5), 100_00)])
    world.give(70_00)
    world.do(pots.top_up, pot, 30_00, ACTOR)
    world.give(70_00)
    changed = {"ratio_bps": 5_000, "minimum_minor": 10_00}
    world.do(pots.add_rules, pot, changed, None, ACTOR)
    world.give(70_00)
    world.give(5_00)
    world.clock.advance(minutes=6)
    world.give(70_00)
    world.do(pots.reduce, pot, 20_00, ACTOR)
    world.do(pots.add_rules, pot, {"ratio_bps": 20_000}, world.clock.at + timedelta(minutes=1), ACTOR)
    world.give(10_00)
    world.clock.advance(minutes=2)
    world.give(10_00)
    world.pot(500_00, rank=2, scope={"under": [VILLAGES[0]]})
    world.give(60_00)
    assert proven(world) == 8


def test_a_whole_day_with_all_kinds_of_pots_comes_out_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many donors, little money, all causes: pledge, payment, late, challenge, reoffer, redistribute.

    The seed of the random pot and the donation ids are fixed: other draws may leave nothing to redistribute.
    """
    monkeypatch.setattr("matching.reveal.token_bytes", lambda size: bytes(range(size)))
    chance = Random(7)
    world.pot(300_00, rank=2, donation=45_00, donor=120_00)
    world.pot(200_00, rank=3, ratio_bps=8_000, project=110_00)
    special_pot(world, 150_00, "random", rank=4, random={"least_bps": 1_000})
    special_pot(world, 90_00, "challenge", rank=1, challenge={"raised_minor": 400_00})
    donations: list[DonationView] = []
    for n in range(40):
        world.clock.advance(seconds=chance.randrange(1, 200))
        donor = f"{chance.randrange(12)}@example.org"
        donations.append(
            world.give(chance.randrange(5_00, 60_00), chance.randrange(3), id=UUID(int=n), email=donor)
        )
        if chance.random() < 0.7:
            world.pay(chance.choice(donations))
        if chance.random() < 0.2:
            world.refund(chance.choice(donations), chance.randrange(1_00, 5_00))
        expire(world.deps)
        unlock_challenges(world.deps)
    _refund_some(world, donations, chance)
    while offered(world) + moved(world):
        pass
    causes = {row[0] for row in world.do(lambda tx: tx.rows("SELECT DISTINCT cause FROM match_decision"))}
    assert causes == {"pledge", "payment", "late", "challenge", "reoffer", "redistribute"}
    number = proven(world)
    assert number > 40
    for page in (1, 7):  # what a donor had is read anew for each page: pages must not matter
        monkeypatch.setattr(journal, "PAGE", page)
        assert proven(world) == number


def _refund_some(world: World, donations: list[DonationView], chance: Random) -> None:
    for donation in donations:
        if world.view(donation).status == "paid" and chance.random() < 0.4:
            world.refund(donation, world.view(donation).amount_minor)


def test_a_rating_counts_from_its_place_and_what_was_decided_before_comes_out_again(world: World) -> None:
    world.pot(300_00, rank=2)
    world.pot(300_00, rank=1, name="星", scope={"minimum_rating": 4})
    matched = []
    for stars in (0, 5, 3, 4, 0):
        world.do(rate, world.projects[0], stars, ACTOR)
        matched.append(world.give(10_00))
        world.give(10_00, project=1)
        world.clock.advance(minutes=1)
    for donation in matched:
        world.pay(donation)
    assert [[part.pot_name for part in world.view(donation).parts] for donation in matched] == [
        ["pot of 30000"], ["星"], ["pot of 30000"], ["星"], ["pot of 30000"],
    ]  # fmt: skip
    lines = [next(line for line in _first(world, donation).pots if line.pot_name == "星") for donation in matched]
    assert [line.out_of_scope is None for line in lines] == [False, True, False, True, False]
    assert {line.out_of_scope for line in lines} == {"minimum_rating", None}
    assert proven(world) == 10


def _first(world: World, donation: DonationView) -> DecisionExplanation:
    decision: DecisionExplanation = world.do(explain, donation.id).decisions[0]
    return decision


def test_after_the_end_a_gift_is_offered_match_by_the_rating_of_then(world: World) -> None:
    world.pot(300_00, scope={"minimum_rating": 4})
    kept, paid_gift = world.give(10_00, project=1), world.pay(world.give(10_00))
    world.do(rate, world.projects[0], 5, ACTOR)
    world.pay(kept)
    assert (offered(world), offered(world)) == (1, 0)
    assert (world.view(paid_gift).captured_minor, world.view(kept).captured_minor) == (10_00, 0)
    world.do(rate, world.projects[0], 0, ACTOR)
    assert world.view(paid_gift).captured_minor == 10_00, "what was given stays"
    assert proven(world) == 3


def test_a_rating_that_was_rewritten_is_found(world: World) -> None:
    """The control: what counted then is read from the history, and the history cannot be changed unseen."""
    world.pot(300_00, scope={"minimum_rating": 4})
    world.do(rate, world.projects[0], 5, ACTOR)
    world.give(10_00)
    assert proven(world) == 1

    def tamper(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE project_rating SET rating = 3")

    world.do(tamper)
    assert replayed(world).differing > 0
    with world.db.snapshot() as tx:
        assert [fault.split(":")[0] for fault in check_books(tx)] == ["ratings_are_the_newest"]


def test_tampering_is_found(world: World) -> None:
    """The control: a trigger switched off, a fen here and there, and the replay says where."""
    pot = world.pot(100_00)
    paid = world.pay(world.give(60_00))
    world.pay(world.give(60_00))
    assert replayed(world).differences == ()
    assert by_pot(world, paid) == {pot: 60_00}

    def tamper(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE pot_rules SET rules = jsonb_set(rules, '{ratio_bps}', '5000')")

    world.do(tamper)
    replay = replayed(world)
    assert replay.decisions == 2
    assert replay.differing >= 2
    assert str(paid.id) in replay.differences[0]


def test_match_at_payment_leaves_its_pot_in_one_transfer(world: World) -> None:
    world.pot(100_00, mode="payment")
    donation = world.pay(world.give(60_00))
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT kind, debit_kind, credit_kind, amount_minor FROM journal_movement
                WHERE donation_id = :id AND debit_kind LIKE 'pot%'""",
            id=donation.id,
        )
    )
    assert rows == [("match_captured", "pot_free", "pot_captured", 60_00)]
    assert proven(world) == 2


@pytest.mark.parametrize("mode", ["reserve", "payment"])
def test_a_missing_posting_is_found(world: World, mode: str) -> None:
    world.pot(100_00, mode=mode)
    world.pay(world.give(60_00))

    def tamper(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("DELETE FROM ledger_transfer WHERE key LIKE 'reservation\\:%'")

    world.do(tamper)
    assert "were posted" in replayed(world).differences[0]
