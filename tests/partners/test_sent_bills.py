"""A platform sends its bill to the door, or says that a day was empty: faults and differences are shown first."""

from datetime import timedelta

from tests.api.client import problem
from tests.partners.engineer import Engineer, bill
from tests.world import World


def test_a_bill_shows_its_faults_and_differences_and_is_then_taken(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1), engineer.paid(2), engineer.paid(3))
    world.settle()
    at = world.clock.at.isoformat()
    rows = [("L1", "charge", "T-1", 25_00, 0), ("L2", "charge", "T-2", 24_00, 0), ("L9", "charge", "T-9", 7_00, 0)]
    shown = engineer.call("/bill", bill(*rows, at=at)).get_json()
    assert [(row["cause"], row["donation_id"], row["line_ids"]) for row in shown["differences"]] == [
        ("amount", "T-2", ["L2"]),
        ("missing_here", "T-9", ["L9"]),
        ("missing_there", "T-3", []),
    ]
    assert (shown["imported"], shown["fault_count"]) == (False, 0)
    faulty = bill(*rows, ("L1", "charge", "T-3", 25_00, 0), ("L5", "gift", "T-3", "x", 0), at=at)
    refused = engineer.call("/bill?confirm=1", faulty).get_json()
    assert not refused["imported"]
    assert {(row["line"], row["field"]) for row in refused["faults"]} == {
        (5, "line_id"),
        (6, "kind"),
        (6, "amount_minor"),
    }
    taken = engineer.call("/bill?confirm=1", bill(*rows, at=at)).get_json()
    assert (taken["imported"], taken["added"]) == (True, 3)
    assert engineer.call("/bill?confirm=1", bill(*rows, at=at)).get_json()["added"] == 0
    problem(engineer.call("/bill", b"a,b\n1,2\n"), 422, "import_invalid")


def test_a_line_without_a_donation_is_named_by_its_id(engineer: Engineer, world: World) -> None:
    rows = [("L1", "charge", "", 25_00, 0), ("L2", "charge", "", 7_00, 0)]
    shown = engineer.call("/bill", bill(*rows, at=world.clock.at.isoformat())).get_json()
    named = [(row["cause"], row["bill_minor"], row["line_ids"]) for row in shown["differences"]]
    assert sorted(named) == [("missing_here", 7_00, ["L2"]), ("missing_here", 25_00, ["L1"])]


def test_a_refund_on_a_bill_does_not_replace_its_payment(engineer: Engineer, world: World) -> None:
    engineer.send(*(engineer.paid(number) for number in (1, 2)), engineer.refunded(2, 5_00))
    world.settle()
    rows = [("L1", "charge", "T-1", 25_00, 0), ("L2", "refund", "T-2", -5_00, 0)]
    shown = engineer.call("/bill", bill(*rows, at=world.clock.at.isoformat())).get_json()
    assert [(row["cause"], row["donation_id"]) for row in shown["differences"]] == [("missing_there", "T-2")]


def test_an_empty_day_is_said(engineer: Engineer, world: World) -> None:
    assert engineer.call("/bill", {"empty": "2026-09-08"}).get_json()["imported"]
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM empty_bill_day")) == 1
    problem(engineer.call("/bill", {"empty": "2026-09-09"}), 422, "day_invalid")
    problem(engineer.call("/bill", {"empty": "soon"}), 422, "parameters_invalid")


def test_a_day_that_is_said_to_be_empty_and_is_not(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    world.clock.at += timedelta(days=1)
    [difference] = engineer.call("/bill", {"empty": "2026-09-09"}).get_json()["differences"]
    assert (difference["cause"], difference["donation_id"]) == ("missing_there", "T-1")
