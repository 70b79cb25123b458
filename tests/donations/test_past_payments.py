"""Payments that a demo made up: the sandbox is told of them, and treats them as its own. Its platform has been
heard of."""

from datetime import timedelta
from uuid import uuid4

from app.demo.gifts import Gift, Village, give_over_partner, line_of
from app.demo.past_payments import tell_sandbox
from campaigns.donations.refunds.refund import request_refund, send_refunds
from kernel.clock import FixedClock
from kernel.db import Database
from payments import statements
from payments.partners.partner_secrets import heard_at
from payments.partners.partners import create
from tests.payments.servers import Server
from tests.world import VILLAGES, build


def test_the_sandbox_refunds_a_payment_of_the_demo(db: Database, clock: FixedClock, cashier: Server) -> None:
    world = build(db, clock, cashier.gateway())
    donation = world.pay(world.give(100_00))
    stated = line_of("stripe", Gift(Village(1, VILLAGES[0], "school", 1), 100_00, clock.at, donation.id))
    world.do(statements.store, [stated])

    tell_sandbox(world.deps, cashier.base)
    world.do(request_refund, donation.id, 30_00, "asked by the donor", "manager")
    assert send_refunds(world.deps) == 1
    tell_sandbox(world.deps, cashier.base)  # once more: it keeps what it knows

    intent = f"pi_{donation.id.hex}"
    [refund] = cashier.get("/v1/refunds", payment_intent=intent).json()["data"]
    charge = cashier.get(f"/v1/charges/ch_{donation.id.hex}").json()
    assert (refund["amount"], charge["amount_refunded"]) == (30_00, 30_00)

    nearby = timedelta(minutes=5)
    lines = world.deps.gateway.statement(clock.at - nearby, clock.at + nearby)
    assert [line for line in lines if line.payment_intent == intent and line.kind == "charge"] == [stated]


def test_a_payment_without_a_line_gets_none(db: Database, clock: FixedClock, cashier: Server) -> None:
    world = build(db, clock, cashier.gateway())
    donation = world.pay(world.give(88_00))
    tell_sandbox(world.deps, cashier.base)
    charge = cashier.get(f"/v1/charges/ch_{donation.id.hex}").json()
    assert (charge["amount"], charge["balance_transaction"]) == (88_00, None)


def test_the_platform_of_a_demo_was_heard_of(db: Database, clock: FixedClock) -> None:
    world = build(db, clock)
    world.do(create, world.deps.keys, "demo-platform", "演示合作平台")
    give_over_partner(
        world.deps, "demo-platform", [Gift(Village(1, VILLAGES[0], "school", 1), 5_00, clock.at, uuid4())]
    )
    assert world.do(heard_at)["demo-platform"] == clock.at
