"""A donor who gives 48 times in an hour and half a million: a question, a pause, a sign to staff. Sums are fen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.donations.create import Created
from campaigns.screening import settings
from campaigns.screening.screen import screen
from campaigns.screening.thresholds import Thresholds
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.errors import Refusal
from tests.api.client import Api, application, problem
from tests.payments.servers import Server
from tests.screening.watched import case_of, codes
from tests.web.conftest import app, clock, reader
from tests.web.reader import Reader, text
from tests.world import World
from tests.world import build as build_world

__all__ = ["app", "clock", "reader"]

MAIL = "often@example.org"
LIMITS = {
    "ask_gift_minor": 1_000_00,
    "ask_hour_count": 3,
    "pause_hour_count": 5,
    "donor_day_most_minor": 20_000_00,
}


@pytest.fixture
def world(db: Database, clock: FixedClock, cashier: Server) -> World:
    """A day with limits low enough for a handful of gifts."""
    world = build_world(db, clock, cashier.gateway())
    world.deps = replace(world.deps, limits=replace(world.deps.limits, **LIMITS))
    return world


def refusal(world: World, amount_minor: int = 10_00, **other: Any) -> Refusal | None:
    result = world.try_give(world.command(amount_minor, **({"email": MAIL, "confirmed": False} | other)))[0]
    return None if isinstance(result, Created) else result


def test_a_large_gift_is_asked_about_before_anything_is_held(world: World) -> None:
    pot = world.pot(5_000_00)
    question = refusal(world, 1_000_01)
    assert question is not None and question.code == "giving_unusual"
    assert (question.params["reasons"], question.params["confirm"]) == (["large_gift"], {"confirmed": True})
    assert world.pots()[pot].available_minor == 5_000_00
    assert refusal(world, 1_000_00) is None, "at the limit nobody is asked"
    assert refusal(world, 1_000_01, confirmed=True) is None
    world.check()


def test_many_gifts_within_an_hour_are_asked_about_and_then_paused(world: World) -> None:
    start = world.clock.at
    for _ in range(3):
        assert refusal(world) is None
        world.clock.advance(minutes=1)
    question = refusal(world)
    assert question is not None and (question.code, question.params["reasons"]) == (
        "giving_unusual",
        ["many_gifts"],
    )
    assert (question.params["hour_count"], question.params["hour_minor"]) == (3, 30_00)
    assert [refusal(world, confirmed=True) for _ in range(2)] == [None, None]
    paused = refusal(world, confirmed=True)
    assert paused is not None and paused.code == "giving_paused"
    again_at = paused.params["again_at"]
    assert start + timedelta(hours=1) <= again_at <= start + timedelta(hours=1, minutes=1)
    assert refusal(world, email="other@example.org") is None
    world.clock.advance(seconds=(again_at - world.clock.at).total_seconds())
    assert refusal(world, confirmed=True) is None
    world.check()


def test_gifts_of_one_batch_count_together_and_a_repetition_is_never_asked(world: World) -> None:
    commands = [world.command(10_00, email=MAIL, confirmed=False) for _ in range(5)]
    results = world.try_give(*commands)
    outcomes = [result.code if isinstance(result, Refusal) else "created" for result in results]
    assert outcomes == ["created"] * 3 + ["giving_unusual"] * 2
    again = world.try_give(commands[0], replace(commands[0], confirmed=True))
    assert [isinstance(result, Created) and result.created for result in again] == [False, False]


def test_cancelled_gifts_do_not_count_and_donors_without_contact_are_counted_apart(world: World) -> None:
    for _ in range(8):
        assert refusal(world, email=None) is None
    for _ in range(3):
        donation = world.give(10_00, email=MAIL)
        world.tell("payment_intent.canceled", world.intent(donation))
    world.settle()
    assert refusal(world) is None


def test_a_day_has_a_most_but_its_first_gift_may_be_any(world: World) -> None:
    world.deps = replace(world.deps, limits=replace(world.deps.limits, donor_day_most_minor=500_00))
    assert refusal(world, 800_00) is None
    paused = refusal(world, 1_00)
    assert paused is not None and paused.code == "giving_paused"
    world.clock.advance(seconds=(paused.params["again_at"] - world.clock.at).total_seconds())
    day = refusal(world, 1_00)
    assert day is None or day.code == "campaign_not_open"


def test_the_page_asks_in_words_and_goes_on_when_confirmed(reader: Reader, world: World) -> None:
    world.pot(50_000_00)
    page = text(reader.give(409, chip="", custom="5000"))
    assert "您将捐赠 5,000 元，请确认" in page and "没有扣款" in page and reader.donations() == 0
    assert "配捐，先留着 5,000.00" in text(reader.send(reader.form_page, confirmed="500000"))
    assert reader.donations() == 1


def test_a_confirmed_sum_is_asked_about_again_when_it_is_changed(reader: Reader, world: World) -> None:
    reader.give(409, chip="", custom="5000")
    reader.send(reader.form_page, confirmed="500000", edit="1")
    page = text(reader.send(reader.form_page, 409, custom="6000"))
    assert "您将捐赠 6,000 元，请确认" in page
    assert "You are about to give 6,000 yuan. Please confirm" in english(reader, custom="6000")


def english(reader: Reader, **filled: str) -> str:
    reader.open(reader.form_page + "?lang=en")
    return text(reader.send(reader.form_page, 409, **filled))


def test_the_page_counts_a_shared_device_and_says_that_a_contact_helps(reader: Reader, world: World) -> None:
    for _ in range(3):
        reader.give(both="1", chip="2000")
    page = text(reader.give(409, both="1", chip="2000"))
    assert "您一小时内已捐 3 次，共 60.00 元。" in page and "填写手机号或邮箱，各算各的" in page
    assert "谢谢" not in page and reader.donations() == 3
    reader.send(reader.form_page, edit="1")
    reader.send(reader.form_page, email="new@example.org")
    assert reader.donations() == 4
    for _ in range(2):
        reader.give(409, both="1", chip="2000")
        reader.send(reader.form_page, confirmed="2000")
    assert "之后再捐" in text(reader.give(409, both="1", chip="2000")) and reader.donations() == 6


def test_programs_read_what_to_confirm_and_when_to_retry(world: World, database_url: str) -> None:
    api = Api(application(database_url, world.deps).test_client(), world)
    donor = {"donor": {"phone": "13800138000"}, "accept_unmatched": True, "confirmed": False}
    body = api.command(5_000_00, **donor)
    question = problem(api.post("/donations", body), 409, "giving_unusual")
    assert (question["reasons"], question["amount_minor"]) == (["large_gift"], 5_000_00)
    assert api.post("/donations", body | question["confirm"]).status_code == 201
    assert api.post("/donations", body).status_code == 200, "the same request, confirmed or not"
    for _ in range(4):
        assert api.post("/donations", api.command(10_00, **(donor | {"confirmed": True}))).status_code == 201
    paused = problem(
        api.post("/donations", api.command(10_00, **(donor | {"confirmed": True}))), 409, "giving_paused"
    )
    assert paused["again_at"] > world.clock.at.isoformat() and paused["hour_count"] == 5
    del donor["confirmed"]  # a program that knows no such question
    assert api.post("/donations", api.command(5_000_00, **donor)).status_code == 201


def test_rapid_giving_is_a_sign_for_staff_also_when_a_cap_left_most_unmatched(world: World) -> None:
    world.pot(1_000_00, donor=10_00)
    world.do(settings.change, world.slug, {"rapid_count": 4}, Thresholds(), "li")
    ids = [world.pay(world.give(10_00, email=MAIL, confirmed=True)).id for _ in range(3)]
    assert screen(world.deps) == 0
    world.clock.advance(minutes=30)
    ids.append(world.pay(world.give(10_00, email=MAIL, confirmed=True)).id)
    assert screen(world.deps) == 1, "only the first was matched, and that match is put on hold"
    case = case_of(world, ids[0])
    evidence = case["signals"][0]["evidence"]
    assert codes(case) == ["rapid_giving"] and (evidence["count"], evidence["sum_minor"]) == (4, 40_00)
    assert set(evidence["donations"]) == {str(id_) for id_ in ids}
    assert evidence["limits"]["rapid_count"] == 4
    world.check()


def test_a_large_sum_is_a_signal_within_an_hour_and_not_over_a_day(world: World) -> None:
    world.pot(1_000_000_00)
    world.do(settings.change, world.slug, {"rapid_minor": 20_000_00}, Thresholds(), "li")
    for _ in range(2):
        world.pay(world.give(9_000_00, email="slow@example.org", confirmed=True), world.clock.at)
        world.clock.advance(minutes=61)
    for _ in range(2):
        world.pay(world.give(10_000_00, email=MAIL, confirmed=True), world.clock.at)
        world.clock.advance(minutes=5)
    assert screen(world.deps) == 2
    world.check()
