"""The desk of payments, as the API and the commands reach it."""

from flask import Flask

from campaigns.desks import payment_desk
from tests.api.client import Api, problem
from tests.cli.conftest import Terminal
from tests.world import World


def twice(world: World) -> int:
    """A donation of 100.00 that was paid twice: the id of its second payment on the desk."""
    donation = world.pay(world.give(100_00))
    world.tell("payment_intent.succeeded", world.intent(donation, id="pi_twice", latest_charge="ch_twice"))
    world.settle()
    rows, _ = world.do(payment_desk.listed)
    exception_id: int = rows[0].id
    return exception_id


def test_the_desk_by_command(world: World, app: Flask) -> None:
    terminal, exception = Terminal(app), str(twice(world))
    assert "second_payment" in terminal.ok("payments-desk", "list", "--state", "open")
    terminal.refused("donation_not_unpaid", "payments-desk", "take", exception, "--reason", "why not")
    terminal.refused("payment_exception_unknown", "payments-desk", "dismiss", "99", "--reason", "none")
    other = world.give(50_00)
    terminal.ok("payments-desk", "attach", exception, str(other.id), "--reason", "meant for this one")
    assert world.view(other).status == "paid"
    terminal.refused("payment_exception_ended", "payments-desk", "refund", exception, "--reason", "again")
    world.check()


def test_the_desk_by_api(world: World, app: Flask) -> None:
    api, exception = Api(app.test_client(), world), twice(world)
    where = f"/payment-exceptions/{exception}"
    assert api.get("/payment-exceptions").status_code == 401
    listed = api.get("/payment-exceptions?state=open", api.token()).get_json()
    assert [(row["id"], row["reason"], row["amount_minor"]) for row in listed] == [
        (exception, "second_payment", 100_00)
    ]
    assert api.post(f"{where}/dismiss", {}, api.token()).status_code == 422
    assert api.post(f"{where}/refund", {"reason": "x"}, api.token("auditor")).status_code == 403
    assert api.manage(f"{where}/refund", {"reason": "paid twice"}, 202)["state"] == "refunding"
    problem(api.post(f"{where}/take", {"reason": "no"}, api.token()), 409, "payment_exception_ended")
