"""Every kind of pot on its card, in the forecast, and in the story of a donation; and pots after the end."""

import pytest
from flask import Flask
from flask_babel import force_locale

from app.i18n.match_explanation import explain_lines
from campaigns.closing.challenges import unlock_challenges
from campaigns.closing.disburse import disburse_match
from campaigns.donations.explain import explain
from campaigns.donations.view import DonationView
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.transitions import cancel, transition
from campaigns.screening import screen, staff
from tests.matching.kinds import moved, paid, special_pot
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

OVER = (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE, Phase.RELEASED)


def _story(world: World, app: Flask, donation: DonationView, locale: str = "zh") -> str:
    explanation = world.do(explain, donation.id)
    with app.app_context(), force_locale(locale):
        return "\n".join(explain_lines(explanation))


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        ({"donors": 1_200}, "捐赠人数达到 1,200 人后解锁"),
        ({"raised_minor": 5_000_00}, "筹款达到 5,000.00 元后解锁"),
    ],
)
def test_a_locked_pot_says_what_unlocks_it_and_is_not_counted(
    reader: Reader, world: World, challenge: dict[str, int], words: str
) -> None:
    special_pot(world, 100_00, "challenge", challenge=challenge)
    page = text(reader.open("/c/day"))
    assert page.count(words) == 2, "on the card, and among the rules"
    assert "待解锁 ¥100" in page and "现可配" not in page
    assert "待解锁 ¥100" in text(reader.open("/c/day/screen"))
    assert "尚未解锁的挑战池不计入预计" in text(reader.open(reader.form_page))
    assert "您捐 20 ＝ 村里收到 20 元" in (sentence := reader.forecast("20")) and "挑战达成后" in sentence


def test_an_unlocked_pot_is_counted_like_any_other(reader: Reader, world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    paid(world, 30_00)
    assert unlock_challenges(world.deps) == 1
    page = text(reader.open(reader.form_page))
    assert "您捐 50 ＋ 配捐 50 ＝ 村里收到 100 元" in reader.forecast("50")
    assert "您捐 100 ＋ 配捐 70 ＝ 村里收到 170 元" in reader.forecast("100")
    assert "挑战已达成" in page and "现可配 ¥70" in page and "待解锁" not in page and "不计入预计" not in page


def test_a_random_pot_says_its_range_and_is_told_but_not_counted(reader: Reader, world: World) -> None:
    special_pot(world, 100_00, "random", random={"least_bps": 1_000})
    page = text(reader.open(reader.form_page))
    assert "支付后随机配捐，比例 1:0.1 至 1:1" in page and "每捐 1 元" not in page
    assert "随机配捐在支付后抽取，不计入预计" in page
    assert "您捐 20 ＋ 付款后抽取的配捐 ＝ 村里收到 20 元起" in reader.forecast("20")
    world.pot(20_00, rank=2)
    assert "配捐 20 ＋ 付款后抽取的配捐 ＝ 村里收到 40 元起" in reader.forecast("20")
    assert "您捐 50 ＋ 配捐 20 ＋" in reader.forecast("50")


def test_without_special_pots_nothing_is_said_of_them(reader: Reader, world: World) -> None:
    world.pot(100_00)
    page = text(reader.open(reader.form_page))
    assert not any(words in page for words in ("不计入预计", "随机", "解锁", "复核中"))


def test_special_pots_speak_english(reader: Reader, world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 5})
    special_pot(world, 100_00, "random", random={"least_bps": 1_000})
    page = text(reader.open(reader.form_page + "?lang=en"))
    for words in ("unlocks when the event has 5 donors", "Random match after payment, from 1:0.1 to 1:1", "Locked"):
        assert words in page


def test_held_match_is_shown_only_when_there_is_some(reader: Reader, world: World) -> None:
    world.pot(100_00)
    world.do(staff.add, world.deps.keys, "41010101", email="s@example.org", actor="li")
    world.pay(world.give(40_00, email="s@example.org"))
    assert "复核中" not in text(reader.open("/c/day"))
    assert screen.screen(world.deps) == 1
    assert "共 ¥100，已配 ¥0，复核中 ¥40" in text(reader.open("/c/day"))
    pot = reader.http.get("/api/v1/campaigns/day").get_json()["pots"][0]
    assert (pot["held_minor"], pot["captured_minor"], pot["available_minor"]) == (40_00, 0, 60_00)


def _end(world: World, last: Phase) -> None:
    """On to a phase after the end, by the steps of closing that need no provider."""
    with world.db.transaction() as tx:
        campaign = lock_campaign(tx, "day")
        for phase in OVER[: OVER.index(last) + 1]:
            if phase == Phase.RELEASED:
                disburse_match(tx, campaign)
            transition(tx, campaign, phase, "test")


@pytest.mark.parametrize("last", OVER)
def test_after_the_end_a_card_says_what_became_of_the_money(reader: Reader, world: World, last: Phase) -> None:
    world.pot(100_00)
    world.pay(world.give(30_00))
    world.clock.advance(hours=9)
    _end(world, last)
    back = last == Phase.RELEASED
    figures = "投入 ¥100，已配 ¥30，已退回基金 ¥70" if back else "投入 ¥100，已配 ¥30，已退回基金 ¥0，尚余 ¥70"
    for path in ("/c/day", f"/c/day/p/{world.projects[0]}"):
        page = text(reader.open(path))
        assert f"已配 ¥30 {figures} " in page and "现可配" not in page and "暂已配完" not in page
    page = text(reader.open("/c/day/screen"))
    assert "已配 ¥30" in page and "配捐还有" not in page


def test_the_clock_ends_it_before_the_scheduler_does(reader: Reader, world: World) -> None:
    world.pot(100_00)
    world.clock.advance(hours=9)
    assert "投入 ¥100，已配 ¥0，已退回基金 ¥0，尚余 ¥100 " in text(reader.open("/c/day"))


def test_a_challenge_is_lost_only_when_no_late_payment_can_meet_it(reader: Reader, world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 9})
    world.clock.advance(hours=9)
    _end(world, Phase.SETTLING)
    page = text(reader.open("/c/day"))
    assert page.count("达到 9 人后解锁") == 2 and "没有达成" not in page and "待解锁" not in page
    with world.db.transaction() as tx:
        transition(tx, lock_campaign(tx, "day"), Phase.RECONCILING, "test")
    page = text(reader.open("/c/day"))
    assert page.count("达到 9 人后解锁") == 1 and "挑战没有达成，没有解锁" in page


def test_a_cancelled_campaign_offers_no_match(reader: Reader, world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 9})
    world.pot(100_00)
    world.do(cancel, "day", ACTOR)
    page = text(reader.open("/c/day"))
    assert "现可配" not in page and "待解锁" not in page and "挑战没有达成" in page


def test_match_under_review_after_the_end_is_explained_in_english(reader: Reader, world: World) -> None:
    world.pot(40_00)
    world.do(staff.add, world.deps.keys, "41010101", email="s@example.org", actor="li")
    world.pay(world.give(40_00, email="s@example.org"))
    assert screen.screen(world.deps) == 1
    world.clock.advance(hours=9)
    page = text(reader.open("/c/day?lang=en"))
    assert "Funded ¥40, matched ¥0, returned to the fund ¥0, under review ¥40 " in page


def test_a_challenge_is_explained_before_and_after_it_is_met(app: Flask, world: World) -> None:
    special_pot(world, 100_00, "challenge", challenge={"donors": 1})
    world.pot(40_00, rank=2, name="later")
    donation = paid(world, 60_00)
    world.clock.advance(seconds=1)
    unlock_challenges(world.deps)
    story = _story(world, app, donation)
    assert "“challenge of 10000”：挑战目标当时还没有达到，此池没有解锁。" in story
    assert "挑战池解锁后补配时：\n“challenge of 10000”（1:1）：待配 20.00 元，配捐 20.00 元" in story
    assert story.count("later") == 1, "the other pot was not asked again"


def test_a_move_says_from_which_pot(app: Flask, world: World) -> None:
    world.pot(50_00, name="best")
    world.pot(50_00, rank=2, name="worse")
    gone, stays = paid(world, 50_00), paid(world, 50_00)
    world.refund(gone, 50_00)
    assert moved(world) == 1
    story = _story(world, app, stays)
    assert "改由顺序在前的池配捐时：\n“best”" in story and "原由“worse”承担，总额不变。" in story
    assert "came from “worse” before" in _story(world, app, stays, "en")


def test_a_move_into_a_pot_of_higher_ratio_keeps_the_total_and_says_so(app: Flask, world: World) -> None:
    world.pot(100_00, name="best", ratio_bps=20_000)
    world.pot(50_00, rank=2, name="worse")
    gone, stays = paid(world, 50_00), paid(world, 50_00)
    world.refund(gone, 50_00)
    assert moved(world) == 1
    story = _story(world, app, stays)
    assert "总额不变。没有更多配捐可移入。" in story and "moved" not in story


def test_a_random_share_says_that_it_was_drawn(app: Flask, world: World) -> None:
    special_pot(world, 1_000_00, "random", random={"least_bps": 0}, ratio_bps=5_000)
    draw = [_story(world, app, paid(world, 100_00)) for _ in range(3)]
    assert all("按支付后随机抽取的比例配捐。" in story for story in draw)


def test_a_ratio_share_was_never_drawn(app: Flask, world: World) -> None:
    world.pot(70_03, ratio_bps=3_333)
    for amount in (100_01, 33_33, 200_00):
        assert "随机" not in _story(world, app, paid(world, amount))
