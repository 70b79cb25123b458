"""Kill -9 after each of the steps 2 to 8 of the way of a donation; what comes next heals it, and nobody repairs
anything by hand. The provider is the real sandbox, the killed process is a real process."""

import pytest

from campaigns.donations.commands import CreateDonation
from campaigns.donations.open_payment import open_payment
from campaigns.donations.unpaid.expire import expire
from payments.inbox.inbox import store
from payments.messages import message
from tests.closing.day import Day, clock, day
from tests.crash.victim import STEPS, Order, run
from tests.forked import killed_in
from tests.payments.servers import KEY, Json
from tests.world import World

__all__ = ["clock", "day"]


def kill(day: Day, step: str, command: CreateDonation, event: Json | None = None) -> None:
    """Run the stage of this step in a process of its own, which dies right after the step."""
    kill_in(day.world, day.server.base, step, command, event)


def kill_in(world: World, provider: str, step: str, command: CreateDonation, event: Json | None = None) -> None:
    """The same, given the provider's address."""
    url = world.db.engine.url.render_as_string(hide_password=False)
    killed_in(run, Order(step, url, provider, KEY, world.clock.at, command, event))


def charges(day: Day) -> list[Json]:
    charges_listed: list[Json] = day.server.get("/v1/charges").json()["data"]
    return [charge for charge in charges_listed if charge["paid"]]


@pytest.mark.parametrize("step", STEPS)
def test_after_a_crash_the_donation_goes_on(day: Day, step: str) -> None:
    world = day.world
    pot = world.pot(500_00)
    command = world.command(100_00)
    stage = STEPS[step][0]

    if stage in ("give", "pay"):
        kill(day, step, command)
        world.check()
    # The client got no answer and sends the same request again.
    pledged = open_payment(world.deps, world.try_give(command)[0].donation, "redirect", "zh")  # type: ignore[union-attr]
    assert pledged.payment_url is not None
    assert world.pots()[pot].reserved_minor == 100_00

    day.server.order("/pay", reference=pledged.payment_reference)
    event = day.server.receiver.take("payment_intent.succeeded")
    if stage == "hear":
        kill(day, step, command, event)
        world.check()
    # The provider got no answer and sends its message again.
    hear(world, event)
    if stage == "settle":
        kill(day, step, command)
        world.check()
    # The next tick of the scheduler.
    world.settle()
    hear(world, event)
    world.settle()

    view = world.view(command.id)
    assert (view.status, view.captured_minor) == ("paid", 100_00)
    assert world.totals() == (1, 1, 100_00, 100_00)
    assert world.pots()[pot].available_minor == 400_00
    assert [charge["amount"] for charge in charges(day)] == [100_00]
    world.check()


def test_a_donation_whose_donor_never_comes_back_lapses_after_a_crash(day: Day) -> None:
    """The process died after the provider opened the payment; the client gave up as well."""
    world = day.world
    pot = world.pot(500_00)
    command = world.command(100_00)
    kill(day, "5 provider asked", command)
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 1
    assert world.pots()[pot].available_minor == 500_00
    world.check()


def hear(world: World, event: Json) -> None:
    with world.db.transaction() as tx:
        store(tx, world.deps.keys, [message("stripe", event["id"], event, compare=False)])
