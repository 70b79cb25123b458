"""Donors under age in notifications of a platform's own format: what its mapping names of them counts as our own
event's `data.minor`."""

from typing import Any

from campaigns.intake.check_list import Check, check_list, open_checks
from campaigns.intake.refusal_counts import refusals_of
from kernel.clock import local_day
from payments.models import Partner, PartnerState
from tests.partners.test_mappings import clock, url
from tests.partners.vendors import SECRET, Signed, register, stood
from tests.world import World

__all__ = ["clock", "url"]


def platform(world: World, url: str, state: PartnerState = PartnerState.LIVE) -> Signed:
    return Signed(world, url, register(world, "signed_headers", {"app-1": SECRET}, state=state))


def gift(of: Signed, number: int, yuan: int, age: Any = None, guardian: Any = None) -> dict[str, Any]:
    return of.order("PAY", number, yuan, user={"id": number, "age": age, "guardian_agrees": guardian})


def test_a_minor_needs_the_consent_that_the_mapping_names(world: World, url: str) -> None:
    of = platform(world, url)
    for guardian in (False, None, "yes"):
        reply = of.send(gift(of, 1, 10, "UNDER_14", guardian))
        assert '"msg": "event_invalid"' in reply.body, "an age without consent is refused, as in our own format"
    sent = of.send(
        gift(of, 2, 10, "UNDER_14", guardian=True),
        gift(of, 3, 10, "UNDER_18", guardian="true"),
        gift(of, 4, 10, "ADULT", guardian=False),
        gift(of, 5, 10),
    )
    assert '"code": 0' in sent.body
    world.settle()
    assert [stood(world, "signed-headers", f"O-{number}")[1] for number in (2, 3, 4, 5)] == [10_00] * 4
    of_minors = "SELECT payment_reference, age FROM minor_gift JOIN donation ON id = donation_id ORDER BY 1"
    ages = world.do(lambda tx: tx.rows(of_minors))
    assert [tuple(row) for row in ages] == [("O-2", "under_14"), ("O-3", "under_18")]
    counted = world.do(
        lambda tx: {row.code: row.events for row in refusals_of(tx, "signed-headers", local_day(tx.now))}
    )
    assert counted == {"event_invalid": 3}
    world.check()


def test_a_large_gift_of_a_minor_waits_for_an_operator(world: World, url: str) -> None:
    of = platform(world, url)
    of.send(
        gift(of, 1, 201, "UNDER_18", guardian=True), gift(of, 2, 200, "UNDER_18", guardian=True), gift(of, 3, 201)
    )
    world.settle()
    waiting = world.do(lambda tx: tx.rows("SELECT w.note FROM inbox_work w WHERE w.state = 'waiting'"))
    assert [row[0] for row in waiting] == ["above_limit"]
    assert world.totals().donations == 2


def test_a_platform_that_states_minors_tests_one_before_going_live(world: World, url: str) -> None:
    of = platform(world, url, PartnerState.TEST)
    name = "signed-headers"
    of.send(gift(of, 1, 10))
    assert Check.MINOR in world.do(open_checks, name)
    of.send(gift(of, 2, 10, "UNDER_14", guardian=True))
    assert Check.MINOR not in world.do(open_checks, name)


def test_platforms_that_state_no_minors_need_no_such_test(world: World, url: str) -> None:
    register(world, "alipay", {}, {"app_id": "1", "seller_id": "2"}, state=PartnerState.TEST)
    assert Check.MINOR not in world.do(check_list, "alipay")
    of = platform(world, url)
    assert Check.MINOR not in world.do(check_list, "signed-headers"), "it is live"
    world.do(lambda tx: setattr(tx.get(Partner, "signed-headers"), "state", PartnerState.TEST))
    assert Check.MINOR in world.do(check_list, "signed-headers")
    assert of
