"""Messages from outside: each has a way on, and none is believed without a limit."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import config
from campaigns.intake.process import process_inbox
from payments.inbox.inbox import store
from payments.messages import message
from payments.partners.partners import create
from tests.api.client import PRODUCTION, Api, problem
from tests.cli.conftest import Terminal
from tests.closing.partner import event as partner_event
from tests.webhooks.test_partners import NAME, event, send
from tests.world import World

# A message always has a way on


def foreign(number: int, kind: str = "payment_intent.succeeded", **metadata: Any) -> tuple[str, dict[str, Any]]:
    """What another shop on the same account causes."""
    payment: dict[str, Any] = {"amount": 80_00, "currency": "cny", "metadata": metadata}
    intent = f"pi_shop_{number}"
    match kind.split(".")[0]:
        case "payment_intent":
            payment |= {"id": intent, "amount_received": 80_00}
        case "charge" if "dispute" not in kind:
            payment |= {"id": f"ch_{number}", "payment_intent": intent, "amount_refunded": 80_00}
        case "refund":
            payment |= {"id": f"re_{number}", "payment_intent": intent, "status": "succeeded"}
        case _:
            payment |= {"id": f"dp_{number}", "payment_intent": intent, "status": "lost"}
    return kind, payment


def states(world: World) -> dict[tuple[str, str], int]:
    rows = world.do(lambda tx: tx.rows("SELECT state, note, count(*) AS n FROM inbox_work GROUP BY state, note"))
    return {(row.state, row.note): row.n for row in rows}


def test_payments_of_another_shop_then_one_real_flagged(world: World, http: FlaskClient) -> None:
    for number in range(300):
        world.tell(*foreign(number, **({"donation_id": f"order-{number}"} if number % 2 else {"order": "7"})))
    for number in range(0, 30, 3):
        world.tell(*foreign(number, "refund.updated"))
        world.tell(*foreign(number, "charge.refunded"))
        world.tell(*foreign(number, "charge.dispute.closed"))
    world.settle()
    assert states(world) == {("ignored", "foreign"): 330}
    world.tell(*foreign(999, donation_id="00000000-0000-4000-8000-000000000000"))
    world.settle()
    assert states(world) == {("ignored", "foreign"): 330, ("flagged", "donation_unknown"): 1}
    listed = Api(http, world).get("/inbox", Api(http, world).token())
    assert [row["note"] for row in listed.get_json()] == ["donation_unknown"]
    world.check()


def test_a_refund_of_an_unknown_payment_waits_once_and_comes_back_with_its_payment(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    reference = world.intent(donation)["id"]
    refund = {"id": "re_1", "amount": 40_00, "currency": "cny", "payment_intent": reference, "status": "succeeded"}
    world.tell("refund.updated", refund)
    world.settle()
    assert states(world) == {("waiting", f"before_payment:{reference}"): 1}
    world.clock.advance(minutes=1)
    world.settle()
    assert states(world) == {("ignored", "foreign"): 1}
    assert world.pay(donation).status == "paid"
    view = world.view(donation)
    assert (view.refunded_minor, view.captured_minor) == (40_00, 60_00)
    world.check()


def flagged(world: World) -> int:
    """A payment that names a donation which is not here."""
    world.tell(*foreign(1, donation_id="00000000-0000-4000-8000-000000000000"))
    world.settle()
    return int(world.do(lambda tx: tx.scalar("SELECT inbox_id FROM inbox_work WHERE state = 'flagged'")))


def test_a_payment_of_another_donation_is_flagged_as_such_and_holds_up_no_other(world: World) -> None:
    first, second, third = (world.give(100_00) for _ in range(3))
    payment = world.intent(first)
    world.tell("payment_intent.succeeded", payment)
    world.settle()
    world.tell("payment_intent.succeeded", world.intent(second, id=payment["id"]))
    world.tell("payment_intent.succeeded", world.intent(third))
    world.settle()
    assert states(world)["flagged", "payment_of_another_donation"] == 1
    assert [world.view(donation).status for donation in (first, second, third)] == ["paid", "pending", "paid"]
    world.check()


def test_a_flagged_message_is_dismissed_with_a_reason_and_no_alarm_counts_it(
    world: World, http: FlaskClient
) -> None:
    program, id_ = Api(http, world), flagged(world)
    path = f"/inbox/{id_}/dismiss"
    problem(program.post(path, {}, program.token()), 422, "validation_failed")
    problem(program.post(path, {"reason": " "}, program.token()), 422, "reason_missing")
    problem(program.post(path, {"reason": "x"}, program.token("auditor")), 403, "not_permitted")
    done = program.manage(path, {"reason": "of the old shop"}, 200, "finance")
    assert (done["state"], done["amount_minor"], done["currency"]) == ("dismissed", 80_00, "CNY")
    problem(program.post(path, {"reason": "again"}, program.token()), 409, "event_not_waiting")
    problem(program.post("/inbox/999999/dismiss", {"reason": "x"}, program.token()), 404, "event_unknown")
    assert program.get("/inbox", program.token()).get_json() == []
    dismissed = program.get("/inbox?state=dismissed&source=stripe", program.token()).get_json()
    assert [row["id"] for row in dismissed] == [id_]
    assert not {"body", "donor", "data"} & set(dismissed[0])
    entries = world.do(lambda tx: tx.rows("SELECT action, detail FROM audit_entry WHERE action LIKE 'inbox.%'"))
    assert [(row.action, row.detail["reason"]) for row in entries] == [("inbox.dismiss", "of the old shop")]
    metrics = http.get("/metrics").text
    assert 'state="dismissed"} 1.0' in metrics and 'state="flagged"' not in metrics
    assert program.manage(f"/inbox/{id_}/retry", {}, 200)["state"] == "new"
    world.settle()
    assert states(world) == {("flagged", "donation_unknown"): 1}


def test_a_payment_is_attached_to_its_donation(world: World, http: FlaskClient) -> None:
    world.pot(500_00)
    program, id_, donation = Api(http, world), flagged(world), world.give(80_00)
    path = f"/inbox/{id_}/attach"
    unknown = {"donation": "00000000-0000-4000-8000-000000000000"}
    problem(program.post(path, unknown, program.token()), 404, "donation_unknown")
    paid = world.pay(world.give(80_00))
    problem(program.post(path, {"donation": str(paid.id)}, program.token()), 409, "donation_has_payment")
    attached = program.manage(path, {"donation": str(donation.id)}, 200)
    assert (attached["state"], attached["donation"]) == ("new", str(donation.id))
    world.settle()
    view = world.view(donation)
    assert (view.status, view.captured_minor) == ("paid", 80_00)
    world.tell(*foreign(1, "refund.updated"))
    world.settle()
    assert world.view(donation).status == "refunded", "what is told of that payment later finds its donation"
    problem(program.post(path, {"donation": str(donation.id)}, program.token()), 409, "event_not_waiting")
    world.check()


def test_only_payments_of_the_provider_can_be_attached(world: World, http: FlaskClient) -> None:
    donation = world.give(80_00)
    world.do(create, world.deps.keys, "p", "平台")
    body = partner_event("D1", 80_00, at=world.clock.at, project_code="NEW")
    world.do(store, world.deps.keys, [message("partner:p", "e1", body, compare=True)])
    world.settle()
    id_ = world.do(lambda tx: tx.scalar("SELECT id FROM inbox_event"))
    response = Api(http, world).post(
        f"/inbox/{id_}/attach", {"donation": str(donation.id)}, Api(http, world).token()
    )
    problem(response, 409, "event_not_attachable")


def test_the_commands_do_the_same(world: World, app: Flask) -> None:
    terminal, id_, donation = Terminal(app), flagged(world), world.give(80_00)
    assert "donation_unknown" in terminal.ok("inbox", "list")
    terminal.ok("inbox", "retry", str(id_))
    world.settle()
    terminal.refused("reason_missing", "inbox", "dismiss", str(id_), "--reason", "")
    terminal.ok("inbox", "dismiss", str(id_), "--reason", "by mistake")
    assert "dismissed" in terminal.ok("inbox", "list", "--state", "dismissed")
    terminal.ok("inbox", "retry", str(id_))
    world.settle()
    terminal.ok("inbox", "attach", str(id_), str(donation.id))
    world.settle()
    assert world.view(donation).status == "paid"
    assert terminal.ok("inbox", "retry", "--all") == "0 due\n"
    terminal.refused("event_unknown", "inbox", "retry", "99999999999999999999999")
    world.check()


# No single message is believed without a limit


def test_one_signed_event_of_ten_to_the_thirteen_waits_uncounted(
    world: World, http: FlaskClient, secret: str
) -> None:
    pot = world.pot(500_00)
    send(http, secret, {"events": [event(world, 1, amount_minor=10**13), event(world, 2)]})
    world.settle()
    assert world.totals().raised_minor == 25_00
    world.clock.advance(minutes=5)
    world.settle()
    assert states(world) == {("waiting", "above_limit"): 1, ("done", ""): 1}
    program = Api(http, world)
    (row,) = program.get("/inbox", program.token()).get_json()
    assert (row["note"], row["amount_minor"]) == ("above_limit", 10**13)
    path = f"/inbox/{row['id']}/retry"
    problem(program.post(path, {}, program.token()), 409, "confirm_required")
    problem(program.post(path, {"confirm": True}, program.token()), 422, "reason_missing")
    assert program.manage(path, {"confirm": True, "reason": "seen on their account"}, 200)["state"] == "new"
    world.settle()
    assert world.totals().raised_minor == 10**13 + 25_00
    assert world.pots()[pot].available_minor == 0
    world.check()


@pytest.mark.parametrize(
    ("limits", "taken"),
    [({"day_most_minor": 60_00}, 2), ({"day_most_count": 3}, 3), ({"gift_most_minor": 24_99}, 0), ({}, 5)],
)
def test_the_limits_of_a_day_and_a_gift_are_set_per_partner(
    world: World, http: FlaskClient, secret: str, limits: dict[str, int], taken: int
) -> None:
    program = Api(http, world)
    shown = program.manage(f"/partners/{NAME}", limits, 200, method="PATCH")
    assert {name: shown[name] for name in limits} == limits
    for half in ((1, 2), (3, 4, 5)):
        send(http, secret, {"events": [event(world, number) for number in half]})
        world.settle()
    assert world.totals().donations == taken
    assert states(world).get(("waiting", "above_limit"), 0) == 5 - taken
    world.clock.advance(days=1)
    world.settle()
    assert world.totals().donations == taken, "only an operator releases"
    world.check()


def test_a_partners_limits_by_command(world: World, app: Flask, secret: str) -> None:
    terminal = Terminal(app)
    assert "day_most_count: 7" in terminal.ok("partners", "limits", NAME, "--day-count", "7")
    assert "gift_most_minor: 100" in terminal.ok("partners", "limits", NAME, "--gift-minor", "100")
    assert terminal.ok("partners", "limits", NAME, "--default").count("default") == 4
    terminal.refused("partner_unknown", "partners", "limits", "nobody")


# Test-mode messages


def test_messages_of_the_test_mode_move_no_money_in_production(world: World) -> None:
    donation = world.give(100_00)
    body = {"id": "evt_t", "type": "payment_intent.succeeded", "created": int(world.clock.at.timestamp())}
    body |= {"livemode": False, "data": {"object": world.intent(donation)}}
    world.do(store, world.deps.keys, [message("stripe", "evt_t", body, compare=False)])
    real = replace(world.deps, accept_test_mode=False)
    process_inbox(real)
    assert states(world) == {("ignored", "test_mode"): 1}
    assert world.view(donation).status == "pending"
    world.do(store, world.deps.keys, [message("stripe", "evt_l", body | {"livemode": True}, compare=False)])
    process_inbox(real)
    assert world.view(donation).status == "paid"


@pytest.mark.parametrize(
    ("environment", "setting", "accepts"),
    [("production", "", False), ("production", "accept", True), ("development", "", True)],
)
def test_production_accepts_test_mode_only_by_a_setting(environment: str, setting: str, accepts: bool) -> None:
    settings = PRODUCTION | {"BEISHAN_ENV": environment, "STRIPE_TEST_MODE": setting}
    assert config.load(settings).accepts_test_mode is accepts
