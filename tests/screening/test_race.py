"""Two screeners at once open one case a donation, and the match is held once."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest

from campaigns.screening import decide, screen
from campaigns.screening.context import load_subjects
from campaigns.screening.signals import Signal
from kernel.db import Database, Tx
from tests.races.runners import at_once, errors
from tests.world import World

SIGN = (Signal("staff", {"amount_minor": 1}),)


def race(db: Database, acts: list[Callable[[Tx], object]]) -> list[Exception]:
    """Run each act in a transaction and thread of its own; all have begun before the first may write."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[Tx], object]) -> None:
        with db.transaction() as tx:
            tx.scalar("SELECT 1")
            gate.wait(10)
            act(tx)

    return errors(at_once(*[lambda act=act: run(act) for act in acts]))


def opened(world: World) -> int:
    return world.do(lambda tx: tx.scalar("SELECT count(*) FROM screening_case"))


def held_transfers(world: World) -> int:
    return world.do(lambda tx: tx.scalar("SELECT count(*) FROM ledger_transfer WHERE key LIKE '%:screen:%'"))


def test_eight_screeners_open_one_case_a_donation(world: World) -> None:
    world.pot(1_000_00)
    ids = [world.pay(world.give(10_00)).id for _ in range(5)]
    hits = dict.fromkeys(ids, SIGN)
    assert race(world.db, [lambda tx: screen.open_cases(tx, hits)] * 8) == []
    assert (opened(world), held_transfers(world)) == (5, 5)
    world.check()


def test_without_the_unique_donation_the_same_race_opens_more(world: World) -> None:
    """The control: looking first and then inserting is no defence."""
    world.pot(1_000_00)
    donation = world.pay(world.give(10_00)).id
    world.do(lambda tx: tx.run("ALTER TABLE screening_case DROP CONSTRAINT screening_case_donation_id_key"))
    looked = threading.Barrier(4)

    def naive(tx: Tx) -> None:
        assert load_subjects(tx, [donation]), "no case yet"
        looked.wait(10)
        _insert(tx, donation)

    assert race(world.db, [naive] * 4) == []
    assert opened(world) == 4


def _insert(tx: Tx, donation: UUID) -> None:
    tx.run(
        """INSERT INTO screening_case (donation_id, campaign_id, signals, held_minor, state, opened_at)
           SELECT id, campaign_id, '[]', 0, 'open', now() FROM donation WHERE id = :id""",
        id=donation,
    )


@pytest.mark.parametrize("decisions", [("clear", "cancel"), ("clear", "clear"), ("cancel", "cancel")])
def test_two_people_decide_at_once_and_one_decision_counts(world: World, decisions: tuple[str, str]) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(10_00)).id
    world.do(screen.open_cases, {donation: SIGN})
    case_id = world.do(lambda tx: tx.scalar("SELECT id FROM screening_case"))
    acts = [
        lambda tx, name=name: getattr(decide, name)(tx, case_id, f"because {name}", name)  # type: ignore[misc]
        for name in decisions
    ]
    failed = race(world.db, acts)
    assert [getattr(failure, "code", repr(failure)) for failure in failed] == ["case_decided"] * (
        len(set(decisions)) - 1
    )
    state, actor = world.do(lambda tx: tuple(tx.row("SELECT state, actor FROM screening_case")))
    assert (state, actor) in {("released", "clear"), ("cancelled", "cancel")}
    entries = world.do(lambda tx: tx.scalar("SELECT count(*) FROM audit_entry WHERE subject LIKE 'case:%'"))
    assert entries == 1
    world.check()


def test_screening_against_a_refund_keeps_the_books(world: World) -> None:
    world.pot(1_000_00)
    ids = [world.pay(world.give(10_00)).id for _ in range(6)]
    hits = dict.fromkeys(ids, SIGN)
    for id_ in ids:
        world.tell("charge.refunded", world.charge(id_, 10_00))
    screening = [lambda: world.do(screen.open_cases, hits)] * 2
    assert errors(at_once(world.settle, *screening)) == []
    world.check()
