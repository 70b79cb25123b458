"""Events in any order, and events that contradict each other (P4, P5, P9)."""

from datetime import timedelta
from typing import Any

from campaigns.projects.transitions import suspend
from kernel.ids import donation_id_of
from payments.inbox.inbox import store
from payments.messages import message
from tests.partners.engineer import NAME, Engineer
from tests.world import ACTOR, World


def captured(world: World, number: int) -> int:
    return int(world.view(donation_id_of(NAME, f"T-{number}")).captured_minor)


def test_match_follows_the_order_of_arrival_and_is_explained_so(engineer: Engineer, world: World) -> None:
    world.pot(30_00)
    engineer.send(engineer.paid(1, minutes_ago=0))
    world.settle()
    engineer.send(engineer.paid(2, minutes_ago=20))
    world.settle()
    assert (captured(world, 1), captured(world, 2)) == (25_00, 5_00), "although the second one was paid first"
    first, second = (engineer.get(f"/donations/T-{number}")["why"][0] for number in (1, 2))
    assert first["position"] < second["position"]
    assert [why["pots"][0]["left_before_minor"] for why in (first, second)] == [30_00, 5_00]
    assert "按收到并处理消息的先后给" in engineer.http.get("/connect").text, "said beforehand"
    world.check()


def test_two_orders_of_a_day_differ_in_nothing_but_match(engineer: Engineer, world: World) -> None:
    world.pot(60_00)
    events = [engineer.paid(number, 20_00, minutes_ago=number) for number in range(5)]
    events += [engineer.refunded(1, 5_00), engineer.refunded(3, 20_00)]
    for event in reversed(events):
        engineer.send(event)
        world.settle()
    assert (world.totals().donations, world.totals().raised_minor) == (4, 75_00)
    statuses = [engineer.get(f"/donations/T-{number}")["status"] for number in range(5)]
    assert statuses == ["paid", "paid", "paid", "refunded", "paid"]
    world.check()


def test_the_same_donation_for_another_project_or_donor_is_flagged(engineer: Engineer, world: World) -> None:
    first = engineer.paid(1)
    engineer.send(first)
    world.settle()
    codes = [row["code"] for row in engineer.get("/projects")["projects"]]
    other = next(code for code in codes if code != first["data"]["project_code"])
    again = [
        engineer.paid(1, project_code=other) | {"id": "elsewhere"},
        engineer.paid(1, donor={"key": "somebody"}) | {"id": "somebody"},
        engineer.paid(1) | {"id": "same"},
        engineer.paid(2) | {"id": "new"},
        engineer.paid(2, project_code=other) | {"id": "new-elsewhere"},
    ]
    engineer.send(*again)
    world.settle()
    states = {row["id"]: (row["state"], row["reason"]) for row in engineer.get("/events")["events"]}
    assert states["elsewhere"] == states["new-elsewhere"] == ("flagged", "project_differs")
    assert states["somebody"] == ("flagged", "donor_differs")
    assert (states["same"], states["new"]) == (("done", "repeated"), ("done", None))
    assert world.totals().donations == 2
    world.check()


def test_a_payment_after_the_suspension_of_its_project_waits(engineer: Engineer, world: World) -> None:
    before = engineer.paid(1, minutes_ago=5)
    world.do(suspend, world.projects[0], "账目不清", ACTOR)
    world.clock.at += timedelta(minutes=1)
    engineer.send(before, engineer.paid(2))
    world.settle()
    assert engineer.get("/donations/T-1")["status"] == "paid", "it was given before"
    assert engineer.get("/events/donation.paid-2")["reason"] == "project_suspended"
    assert world.totals().donations == 1
    world.check()


def test_a_message_of_any_form_is_flagged_and_holds_up_no_other(engineer: Engineer, world: World) -> None:
    """What an earlier version stored, or somebody changed in the table, is no event that the door would take."""
    bodies: list[dict[str, Any]] = [
        {},
        {"data": None},
        {"data": {"donation_id": 5}},
        {"type": "donation.paid", "data": {}},
    ]
    for number, body in enumerate(bodies):
        world.do(store, world.deps.keys, [message(f"partner:{NAME}", f"broken-{number}", body, compare=True)])
    engineer.send(engineer.paid(1))
    world.settle()
    states = [engineer.get(f"/events/broken-{number}")["state"] for number in range(len(bodies))]
    assert states == ["flagged"] * len(bodies)
    assert engineer.get("/donations/T-1")["status"] == "paid"


def test_a_refund_above_its_payment_is_on_the_desk(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1, 25_00), engineer.refunded(1, 25_01, "above"))
    world.settle()
    event = engineer.get("/events/above")
    assert (event["state"], event["reason"]) == ("flagged", "more_returned_than_came")
    donation = engineer.get("/donations/T-1")
    assert (donation["status"], donation["refunded_minor"]) == ("refunded", 25_00)
    engineer.send(engineer.refunded(1, 20_00, "corrected"))
    world.settle()
    assert engineer.get("/events/corrected")["state"] == "done"
    assert engineer.get("/donations/T-1")["refunded_minor"] == 20_00
    world.check()
