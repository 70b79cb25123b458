"""Test mode, going live by the check list, and the states of a platform."""

from typing import Any

import pytest

from campaigns.intake.check_list import Check, open_checks
from campaigns.intake.partner_states import MOVES, change_state, prepare_secret
from kernel.errors import Conflict
from kernel.ids import donation_id_of
from payments.models import PartnerState
from payments.partners import partner_secrets
from payments.partners.partners import create, known
from tests.api.client import problem
from tests.partners.engineer import NAME, Engineer, bill
from tests.world import ACTOR, World


def pass_all(tester: Engineer) -> None:
    """What an engineer does on the first morning."""
    late = tester.paid(2, minutes_ago=30)
    assert tester.results(tester.paid(1), late) == [("accepted", None)] * 2
    assert tester.results(tester.paid(1)) == [("repeated", None)]
    assert tester.results(tester.refunded(1, 5_00)) == [("accepted", None)]
    right, tester.secret = tester.secret, "whsec_test_" + "bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="
    problem(tester.call("", tester.paid(3)), 401, "signature_invalid")
    tester.secret = right
    rows = [("L1", "charge", "T-1", 25_00, 0), ("L2", "charge", "T-2", 25_00, 0), ("L3", "refund", "T-1", -5_00, 0)]
    shown = tester.call("/bill?confirm=1", bill(*rows, at=tester.world.clock.at.isoformat())).get_json()
    assert (shown["differences"], shown["imported"], shown["test"]) == ([], False, True)


def counted(world: World) -> tuple[int, int, int]:
    """What test mode must leave alone: donations, messages, lines of bills."""
    tables = ("donation", "inbox_event", "provider_line")
    return tuple(int(world.do(lambda tx, t=table: tx.scalar(f"SELECT count(*) FROM {t}"))) for table in tables)  # type: ignore[return-value]


def move(world: World, name: str, state: str) -> Any:
    return world.do(lambda tx: change_state(tx, world.deps.keys, name, state, ACTOR)[1])


def test_the_check_list_opens_the_way(tester: Engineer, world: World) -> None:
    pot = world.pot(1_000_00)
    with pytest.raises(Conflict) as refused:
        move(world, "newcomer", "live")
    assert refused.value.code == "partner_checks_open"
    pass_all(tester)
    assert world.do(open_checks, "newcomer") == []
    assert all(tester.get("/health")["checks"].values())
    world.settle()
    assert counted(world) == (0, 0, 0)
    assert world.pots()[pot].captured_minor == 0
    live = Engineer(tester.http, world, move(world, "newcomer", "live").secret, "newcomer")
    live.send(live.paid(1))
    world.settle()
    assert (world.totals().donations, world.totals().matched_minor) == (1, 25_00)
    assert tester.results(tester.paid(8)) == [("accepted", None)], "its test mode goes on"
    world.settle()
    assert world.totals().donations == 1
    world.check()


def test_a_test_secret_that_waits_signs_only_tests(engineer: Engineer, world: World) -> None:
    keys = world.deps.keys
    with world.db.transaction() as tx:
        made = partner_secrets.rotate(tx, keys, known(tx, NAME), None, ACTOR, test=True, waits=True)
        tx.flush()
        assert partner_secrets.activate(tx, known(tx, NAME), made.id, tx.now).test
    assert made.secret.startswith(partner_secrets.TEST)
    engineer.send(engineer.paid(1))  # the live secret did not end with the change
    Engineer(engineer.http, world, made.secret, NAME).send(engineer.paid(2))
    world.settle()
    assert world.totals().donations == 1


def test_each_item_alone_keeps_it_closed(tester: Engineer, world: World) -> None:
    tester.send(tester.paid(1))
    assert set(world.do(open_checks, "newcomer")) == set(Check) - {Check.FIRST_EVENT, Check.MINOR}


def test_test_events_are_judged_like_real_ones(tester: Engineer) -> None:
    assert tester.results(tester.paid(1, project_code="NOWHERE")) == [("waiting", "project_unknown")]
    assert tester.results(tester.paid(2, 600_000_00)) == [("waiting", "above_limit")]
    assert tester.results(tester.refunded(3, 5_00)) == [("waiting", "before_payment")]
    assert tester.results(tester.paid(3)) == [("accepted", None)]
    assert tester.get("/events/donation.refunded-3")["state"] == "done", "its payment came"
    assert tester.results(tester.paid(3, 26_00)) == [("conflicting", None)]
    shown = tester.get("/donations/T-3")
    assert (shown["status"], shown["refunded_minor"], shown["test"]) == ("paid", 5_00, True)
    assert tester.get("/summary")["events"]["done"] == 2
    bad = tester.call("", tester.paid(9, -1))
    problem(bad, 422, "event_invalid")


def test_an_event_with_a_real_secret_that_says_test_is_not_booked(engineer: Engineer, world: World) -> None:
    receipt = engineer.send(engineer.paid(1, test=True), engineer.paid(2))
    assert ([row["result"] for row in receipt["events"]], receipt["tests"]) == (["accepted"] * 2, 1)
    assert "tests" not in engineer.send(engineer.paid(2)), "it counts what was marked"
    world.settle()
    assert world.totals().donations == 1
    problem(engineer.call("/donations/T-1"), 404, "donation_unknown")


def test_a_real_secret_is_refused_before_going_live(tester: Engineer, world: World) -> None:
    tester.secret = "whsec_" + tester.secret.removeprefix("whsec_test_")
    tester.send(tester.paid(1))  # the same key without the word is the same secret
    world.settle()
    assert counted(world) == (0, 0, 0)


def test_a_prepared_secret_is_not_listed_before_it_signs(tester: Engineer, world: World) -> None:
    pass_all(tester)
    live = world.do(prepare_secret, world.deps.keys, tester.name, ACTOR)
    assert [row["test"] for row in tester.get("/health")["secrets"]] == [True]
    move(world, tester.name, "live")
    assert [(row["id"] == live.id, row["test"]) for row in tester.get("/health")["secrets"]] == [
        (False, True),
        (True, False),
    ]


def test_events_of_a_paused_platform_are_kept_and_wait(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    move(world, NAME, "paused")
    assert engineer.results(engineer.paid(2), engineer.refunded(1, 5_00)) == [("accepted", None)] * 2
    world.settle()
    assert engineer.results(engineer.paid(2)) == [("waiting", "partner_paused")]
    assert (world.totals().donations, world.totals().raised_minor) == (1, 25_00)
    move(world, NAME, "live")
    world.settle()
    assert (world.totals().donations, world.totals().raised_minor) == (2, 45_00)
    assert world.view(donation_id_of(NAME, "T-1")).refunded_minor == 5_00
    world.check()


def test_requests_of_an_ended_platform_are_refused(engineer: Engineer, world: World) -> None:
    move(world, NAME, "ended")
    for path, body in (("", engineer.paid(1)), ("/health", None), ("/secret", {"rotate": True})):
        problem(engineer.call(path, body), 401, "signature_invalid")
    with pytest.raises(Conflict):
        move(world, NAME, "live")


def test_a_draft_has_no_secret(world: World) -> None:
    assert world.do(lambda tx: create(tx, world.deps.keys, "draft", "", state=PartnerState.DRAFT)) == ""
    assert move(world, "draft", "test").secret.startswith("whsec_test_")


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(PartnerState)
    assert PartnerState.LIVE not in MOVES[PartnerState.DRAFT] and not MOVES[PartnerState.ENDED]
