"""Donors under age, on our pages, through platforms and in files of offline donations: a guardian agrees, no name
is published, larger gifts are refused or wait for a person, and a refund returns the match."""

from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient

from app.console.donations.donation_story import story_of
from campaigns.desks.inbox_desk import retry_waiting
from campaigns.donations.donors.contact import Donor
from campaigns.donations.donors.person_models import AgeBand, MinorGift
from campaigns.donations.models import Donation
from campaigns.donations.refunds.refund import request_refund
from campaigns.import_plan import Confirmation
from campaigns.intake.offline_import import import_donations
from campaigns.network.roles import Caller
from kernel.errors import Conflict, Invalid
from kernel.ids import donation_id_of
from payments.partners.gift_details import AGES
from payments.partners.partners import create
from tests.api.client import problem
from tests.partners.engineer import NAME, Engineer
from tests.world import ACTOR, World

CHILD = {"age": "under_14", "guardian": True}
HEAD = "凭证号,项目编号,金额,捐赠时间,姓名,未成年人,监护人同意,更正凭证号,原因\n"
BOX = "BOX-1,P000001,{yuan},2026-09-09 11:30,李明,未满14岁,{agrees},,\n"


@pytest.fixture
def engineer(http: FlaskClient, world: World) -> Engineer:
    return Engineer(http, world, world.do(create, world.deps.keys, NAME, "茶馆"))


def _take(world: World, rows: str, confirmation: Confirmation | None = None) -> int:
    added: int = world.do(import_donations, world.deps, HEAD + rows, ACTOR, confirmation)
    world.settle()
    return added


def _refused(world: World, rows: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        _take(world, rows)
    return {place: fault.code for place, fault in refusal.value.fields.items()}


def _age(world: World, partner: str, their_id: str) -> str | None:
    """The declared age of a donation, whose name nobody may publish."""
    id_ = donation_id_of(partner, their_id)
    assert not world.do(lambda tx: tx.get(Donation, id_)).publish_name
    row = world.do(lambda tx: tx.get(MinorGift, id_))
    return row.age if row else None


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"guardian": False}, "guardian"),
        ({"donor": Donor(name="小满", publish_name=True)}, "donor.publish_name"),
        ({"amount_minor": 200_01}, "amount_minor"),
        ({"age": "under_3"}, "age"),
    ],
)
def test_duty_18_a_minor_gives_with_a_guardian_unnamed_and_little(
    world: World, other: dict[str, Any], field: str
) -> None:
    right = {"amount_minor": 200_00, "age": "under_14", "guardian": True}
    (refusal,) = world.try_give(world.command(**{**right, **other}))
    assert isinstance(refusal, Invalid) and (refusal.code, set(refusal.fields)) == ("minor_invalid", {field})


def test_duty_18_a_minors_gift_goes_back_with_its_match(world: World) -> None:
    world.pot(500_00)
    gift = world.pay(world.give(200_00, age="under_18", guardian=True))
    kept = world.do(lambda tx: tx.get(MinorGift, gift.id))
    assert kept.age == "under_18" and world.totals().matched_minor == 200_00
    assert world.do(lambda tx: tx.get(MinorGift, world.give(10_00).id)) is None
    world.do(request_refund, gift.id, None, "监护人不同意", ACTOR)
    world.refund(gift, 200_00)
    assert (world.totals().raised_minor, world.totals().matched_minor) == (0, 0)
    world.check()


def test_duty_18_platforms_and_our_pages_know_the_same_ages() -> None:
    assert tuple(AgeBand) == AGES


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"minor": {"age": "under_14"}}, "data.minor.guardian"),
        ({"minor": {"age": "under_14", "guardian": False}}, "data.minor.guardian"),
        ({"minor": {"age": 12, "guardian": True}}, "data.minor.age"),
        ({"minor": "yes"}, "data.minor"),
        ({"minor": CHILD, "consent": {"publish_name": True}}, "data.consent.publish_name"),
    ],
)
def test_duty_18_a_platforms_gift_of_a_minor_needs_the_guardian_and_no_name(
    engineer: Engineer, data: dict[str, Any], field: str
) -> None:
    refused = problem(engineer.call("", engineer.paid(1, **data)), 422, "event_invalid")
    assert set(refused["errors"]) == {field}


def test_duty_18_a_platforms_gift_of_a_minor_is_kept_and_goes_back_with_its_match(
    engineer: Engineer, http: FlaskClient, world: World
) -> None:
    world.pot(500_00)
    named = {"donor": {"key": "u", "name": "小满"}, "consent": {"publish_name": True}, "anonymous": True}
    engineer.send(engineer.paid(1, 200_00, minor=CHILD, **named), engineer.paid(2, 10_00))
    world.settle()
    assert (_age(world, NAME, "T-1"), _age(world, NAME, "T-2")) == ("under_14", None)
    assert world.totals().matched_minor == 210_00
    with http.application.test_request_context():
        g.caller = Caller("wang", "finance")
        story = [str(happening) for happening in world.do(story_of, donation_id_of(NAME, "T-1"))]
    assert any("未满 14 岁，监护人同意" in line and "应退回" in line for line in story)
    engineer.send(engineer.refunded(1, 200_00))
    world.settle()
    assert (world.totals().raised_minor, world.totals().matched_minor) == (10_00, 10_00)
    world.check()


def test_duty_18_a_platforms_large_gift_of_a_minor_waits_for_an_operator(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1, 200_01, minor=CHILD), engineer.paid(2, 200_01))
    world.settle()
    assert engineer.get("/events/donation.paid-1")["reason"] == "above_limit"
    assert engineer.get("/events/donation.paid-2")["state"] == "done"
    waiting = world.do(lambda tx: tx.scalar("SELECT min(inbox_id) FROM inbox_work WHERE state = 'waiting'"))
    world.do(retry_waiting, "staff", waiting, confirm=True, reason="the guardian was asked")
    world.settle()
    assert _age(world, NAME, "T-1") == "under_14"


def test_duty_18_a_test_event_says_that_a_large_gift_of_a_minor_would_wait(http: FlaskClient, world: World) -> None:
    engineer = Engineer(http, world, world.do(create, world.deps.keys, NAME, "茶馆"))
    large = engineer.paid(1, 200_01, minor=CHILD)
    assert engineer.results({**large, "test": True}) == [("waiting", "above_limit")]


def test_duty_18_an_offline_gift_of_a_minor_needs_the_guardian(world: World) -> None:
    assert _refused(world, BOX.format(yuan=10, agrees="")) == {"line 2.guardian": "guardian_required"}
    assert _refused(world, BOX.format(yuan=10, agrees="否")) == {"line 2.guardian": "guardian_required"}
    unclear = BOX.format(yuan=10, agrees="是").replace("未满14岁", "是")
    assert _refused(world, unclear) == {"line 2.age": "not_one_of"}
    assert _take(world, BOX.format(yuan=10, agrees="是").replace("未满14岁", "否")) == 1
    assert _age(world, "offline", "BOX-1") is None


def test_duty_18_an_offline_gift_of_a_minor_is_kept_and_goes_back_with_its_match(world: World) -> None:
    world.pot(500_00)
    assert _take(world, BOX.format(yuan=200, agrees="是")) == 1
    assert _take(world, BOX.format(yuan=200, agrees="同意")) == 0, "the same gift"
    assert (_age(world, "offline", "BOX-1"), world.totals().matched_minor) == ("under_14", 200_00)
    with pytest.raises(Conflict) as refusal:
        _take(world, BOX.format(yuan=200, agrees="是").replace("未满14岁", "14至17岁"))
    assert refusal.value.code == "donation_id_reused"
    back = "BOX-1-R,P000001,-200,2026-09-09 11:50,,,,BOX-1,监护人不同意\n"
    assert _take(world, back, Confirmation("li", confirmed_by="wang")) == 1
    assert (world.totals().raised_minor, world.totals().matched_minor) == (0, 0)
    world.check()


def test_duty_18_a_large_offline_gift_of_a_minor_is_confirmed_with_a_reason(world: World) -> None:
    large = BOX.format(yuan="200.01", agrees="是")
    assert _refused(world, large) == {"line 2.amount_yuan": "minor_large"}
    assert _take(world, large, Confirmation("li", reason="the guardian was asked", large=True)) == 1
    detail = world.do(lambda tx: tx.scalar("SELECT detail FROM audit_entry WHERE action = 'donations.allow_large'"))
    assert detail["reason"] == "the guardian was asked"
