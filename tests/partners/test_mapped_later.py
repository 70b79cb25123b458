"""A code that nobody knew when its events came, and that staff map later: all of them go on, in the order of their
arrival, as the platform sees it from outside."""

from flask.testing import FlaskClient

from tests.api.client import Api
from tests.partners.engineer import Engineer
from tests.world import World

CODE = "village-7"


def test_events_of_a_code_that_is_mapped_later_go_on_in_their_order(
    http: FlaskClient, engineer: Engineer, world: World
) -> None:
    world.pot(30_00)
    program = Api(http, world)
    waiting = [engineer.paid(number, 20_00, project_code=CODE) for number in (1, 2)]
    other = engineer.paid(9, 20_00, project_code="village-8")
    engineer.send(engineer.refunded(1, 5_00), *waiting, other, engineer.refunded(1, 8_00, "second"))
    world.settle()
    shown = engineer.get("/donations/T-1")
    assert (shown["status"], shown["reason"], shown["match"]["captured_minor"]) == ("pending", "project_unknown", 0)
    reasons = {event["id"]: event["reason"] for event in engineer.get("/events?state=waiting")["events"]}
    assert reasons == {
        "donation.paid-1": "project_unknown",
        "donation.paid-2": "project_unknown",
        "donation.paid-9": "project_unknown",
        "donation.refunded-1": "before_payment",
        "second": "before_payment",
    }

    program.manage(
        f"/partners/{engineer.name}/project-codes", {"code": CODE, "project": engineer.project_code}, 200
    )
    world.settle()
    first, second = (engineer.get(f"/donations/T-{number}") for number in (1, 2))
    assert (first["status"], first["refunded_minor"], second["status"]) == ("paid", 8_00, "paid")
    assert first["project_code"] == second["project_code"] == engineer.project_code
    # The first of them got its match first, and what went back of it is free again.
    assert (first["match"]["captured_minor"], second["match"]["captured_minor"]) == (12_00, 10_00)
    events = engineer.get("/events")["events"]
    assert [event["id"] for event in events if event["state"] != "done"] == ["donation.paid-9"]
    assert engineer.get("/health")["events"] == {"new": 0, "waiting": 1, "flagged": 0}
    world.check()


def test_waiting_events_follow_a_remapped_code(http: FlaskClient, engineer: Engineer, world: World) -> None:
    """Also when the project that it was mapped to first cannot take the payment."""
    program, path = Api(http, world), f"/partners/{engineer.name}/project-codes"
    program.manage(
        "/projects",
        {
            "organisation": "41010101",
            "name": "不在活动里",
            "tier": "micro",
            "summary": "x",
            "target_minor": 1_000_00,
        }
        | {"currency": "CNY", "code": "V-OUTSIDE"},
    )
    program.manage(path, {"code": CODE, "project": "V-OUTSIDE"}, 200)
    assert engineer.results(engineer.paid(1, project_code=CODE)) == [("accepted", None)]
    world.settle()
    assert engineer.get("/donations/T-1")["reason"] == "no_campaign_then"
    program.manage(path, {"code": CODE, "project": engineer.project_code}, 200)
    world.settle()
    assert engineer.get("/donations/T-1")["status"] == "paid"
    world.check()
