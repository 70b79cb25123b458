"""What a decision was made with stays: triggers refuse its change, and `check-books` names one that was made past
them."""

import pytest
from sqlalchemy.exc import DBAPIError

from campaigns.audit_chain import seal
from campaigns.check import check_books
from campaigns.desks import payment_desk
from campaigns.screening import decide
from campaigns.screening.open_manually import open_case
from kernel.clock import FixedClock
from kernel.db import Database, Tx
from tests.world import ACTOR, World, build

REASON = "同一人拆分"


@pytest.fixture
def decided(db: Database, clock: FixedClock) -> World:
    return build(db, clock, then=_decide)


def _decide(world: World) -> None:
    """Matched donations: one refunded in part, one whose case was decided, one whose case is open; and two payments
    at the desk, one of them dismissed."""
    world.pot(500_00)
    refunded, judged, waiting = (world.pay(world.give(30_00, at, email=f"{at}@example.org")) for at in range(3))
    world.refund(refunded, 10_00)
    case = world.do(open_case, judged.id, "请核实", ACTOR)
    world.do(open_case, waiting.id, "请核实", ACTOR)
    world.do(decide.clear, case.id, REASON, ACTOR)
    for payment in ("pi_again", "pi_twice"):
        world.tell("payment_intent.succeeded", world.intent(refunded, id=payment, latest_charge=f"ch{payment}"))
    world.settle()
    world.do(payment_desk.dismiss, world.do(payment_desk.listed)[0][0].id, REASON, ACTOR)
    seal(world.deps)
    world.check()


def past_triggers(world: World, statement: str) -> set[str]:
    """Change something as nobody but the database's owner can; return the names of the checks that see it."""

    def by_hand(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run(statement)

    world.do(by_hand)
    with world.db.snapshot() as tx:
        return {fault.split(":")[0] for fault in check_books(tx)}


TRACE = "UPDATE match_decision SET trace = jsonb_set(trace, '{0,%s}', '%s') WHERE id = 1"
OTHER = "(SELECT donation_id FROM reservation WHERE id = 2)"
A_DAY_EARLIER = "UPDATE ledger_transfer SET recorded_at = recorded_at - interval '1 day'"
FIRST = "(SELECT min(id) FROM ledger_transfer WHERE reservation_id = 1)"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (TRACE % ("given_minor", 1), "decisions_equal_reservations"),
        (TRACE % ("before_minor", 1), "decisions_equal_reservations"),
        (TRACE % ("rules", 9), "reservations_follow_decisions"),
        (f"UPDATE match_decision SET donation_id = {OTHER} WHERE id = 1", "reservations_follow_decisions"),
        (f"UPDATE reservation SET donation_id = {OTHER} WHERE id = 1", "reservations_follow_decisions"),
        ("UPDATE reservation SET rules_id = 9 WHERE id = 1", "reservations_follow_decisions"),
        ("UPDATE reservation SET decision_id = 2 WHERE id = 1", "reservations_follow_decisions"),
        (f"UPDATE ledger_transfer SET donation_id = {OTHER} WHERE id = {FIRST}", "transfers_name_their_donation"),
        ("UPDATE ledger_transfer SET reservation_id = 2 WHERE reservation_id = 1", "transfers_name_their_donation"),
        (
            "UPDATE ledger_transfer SET reservation_id = 2 WHERE kind = 'match_returned'",
            "movements_equal_reservations",
        ),
        (
            "UPDATE ledger_transfer SET case_id = 3 - case_id WHERE kind = 'match_held'",
            "cases_are_of_their_donation",
        ),
        (
            f"{A_DAY_EARLIER} WHERE kind = 'donation_received'",
            "receipts_are_booked_when_paid",
        ),
        (
            f"{A_DAY_EARLIER} WHERE kind = 'deposit'",
            "entries_equal_books",
        ),
        ("UPDATE pot SET rank = 9", "pots_are_as_sealed"),
        ("UPDATE pot SET fund_id = 9", "pots_are_as_sealed"),
        ("UPDATE pot SET currency = 'USD'", "pots_are_as_sealed"),
        ("UPDATE screening_case SET actor = 'other' WHERE state <> 'open'", "cases_are_as_decided"),
        ("UPDATE screening_case SET reason = 'other' WHERE state <> 'open'", "cases_are_as_decided"),
        ("UPDATE screening_case SET state = 'cancelled' WHERE state <> 'open'", "cases_are_as_decided"),
        (
            "UPDATE screening_case SET state = 'open', decided_at = NULL, actor = '' WHERE state <> 'open'",
            "cases_are_as_decided",
        ),
        ("UPDATE payment_exception SET amount_minor = 1 WHERE state = 'open'", "payments_told_are_money"),
        (
            "UPDATE payment_exception SET amount_minor = 1 WHERE state = 'dismissed'",
            "payments_are_as_decided_at_the_desk",
        ),
        ("UPDATE payment_exception SET actor = 'other'", "payments_are_as_decided_at_the_desk"),
        ("UPDATE payment_exception SET note = 'other'", "payments_are_as_decided_at_the_desk"),
    ],
)
def test_f21_what_was_changed_past_the_triggers_is_named(decided: World, statement: str, named: str) -> None:
    assert named in past_triggers(decided, statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE reservation SET donation_id = {OTHER} WHERE id = 1",
        "UPDATE reservation SET rules_id = 9",
        "UPDATE screening_case SET held_minor = 1",
        "UPDATE screening_case SET signals = '[]' WHERE state <> 'open'",
        "UPDATE payment_exception SET amount_minor = 1",
    ],
)
def test_f21_what_a_decision_was_made_with_cannot_be_changed(decided: World, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        decided.do(lambda tx: tx.run(statement))


def test_a_signal_may_be_added_while_a_case_is_open(decided: World) -> None:
    decided.do(lambda tx: tx.run("UPDATE screening_case SET signals = signals || '[{}]' WHERE state = 'open'"))
