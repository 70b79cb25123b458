"""What donors met on the pages and no other test of pages shows; tests/donors/README.md has all of it."""

import json
import re
from datetime import timedelta

import pytest

from campaigns import pots
from campaigns.donations.view import DonationView
from campaigns.lifecycle.transitions import cancel
from campaigns.projects.transitions import suspend
from matching.pots import Tranche
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

CARDS = re.compile(r'data-part="project-(\d+)"')


def own_page(world: World, donation: DonationView) -> str:
    return f"/d/{donation.id}?token={world.deps.keys.token(str(donation.id))}"


def test_an_amount_beyond_the_limits_is_said_while_it_is_typed(reader: Reader, world: World) -> None:
    """The forecast promised what the form then refused, and wiped the reason away."""
    world.pot(1_000_000_00)
    sentence = reader.forecast("1000000")
    assert "之间" in sentence and "村里收到" not in sentence
    assert "之间" in reader.give(422, custom="1000000")
    assert "之间" in reader.forecast("0") and "之间" in reader.give(422, custom="0")
    assert reader.donations() == 0


def test_the_first_field_with_a_fault_gets_the_focus(reader: Reader) -> None:
    page = reader.give(422, custom="20", phone="99999999999", email="a@b..cn")
    focused = re.findall(r"<(\w+) [^>]*autofocus", page)
    assert focused == ["input"] and re.search(r'name="phone"[^>]*autofocus', page)
    assert re.search(r'id="custom"[^>]*autofocus', reader.give(422, custom="0"))


def test_the_nearest_to_its_target_comes_first_and_what_is_filled_last(reader: Reader, world: World) -> None:
    first, second, third = world.projects
    world.do(lambda tx: tx.run("UPDATE project SET target_minor = 100000"))
    world.pay(world.give(900_00, project=2, email="a@example.org"))
    world.pay(world.give(1_000_00, project=0, email="b@example.org"))
    assert [int(id_) for id_ in CARDS.findall(reader.open("/c/day"))] == [third, second, first]
    assert [int(id_) for id_ in CARDS.findall(reader.open("/c/day?sort=raised"))] == [first, third, second]


def test_chinese_names_on_english_pages_are_marked_as_chinese(reader: Reader) -> None:
    for path in ("/c/day", f"/c/day/p/{reader.world.projects[0]}", reader.form_page):
        page = reader.open(f"{path}?lang=en")
        assert re.search(r'<h1>.*<span lang="zh-CN">', page, re.DOTALL), path
    assert "lang=" not in reader.open("/c/day?lang=zh").split("<h1>")[1].split("</h1>")[0]


def test_a_page_beyond_the_last_is_the_last(reader: Reader) -> None:
    assert len(CARDS.findall(reader.open("/c/day?page=4"))) == 3


def test_presets_promise_nothing_and_the_first_page_says_the_condition(reader: Reader, world: World) -> None:
    world.pot(10_000_00)
    chips = reader.open(reader.form_page).split('class="chips"')[1].split("</div>")[0]
    assert "配捐" not in chips
    assert "先到先得" in text(reader.open("/"))


def test_a_campaign_that_is_called_off_says_what_becomes_of_gifts(reader: Reader, world: World) -> None:
    world.pay(world.give())
    world.do(cancel, "day", ACTOR)
    page = text(reader.open("/c/day"))
    assert "已付的捐款原路退回" in page and "捐给一个村" not in page
    assert "活动现在不接受捐赠。 已取消" in text(reader.open(reader.form_page))
    screen = text(reader.open("/c/day/screen"))
    assert "活动已取消，已付的捐款都退回" in screen and "谢谢" not in screen
    reader.open("/c/day")
    assert "已取消" in re.findall(r"<title>(.*?)</title>", reader.page.text)[0]


@pytest.mark.parametrize("field", ["name", "message"])
def test_fields_take_what_is_allowed_and_no_more(reader: Reader, field: str) -> None:
    page = reader.open(reader.form_page)
    most = int(re.search(rf'name="{field}"[^>]*maxlength="(\d+)"', page)[1])  # type: ignore[index]
    reader.give(422, custom="20", **{field: "长" * (most + 1)})
    reader.give(200, custom="20", **{field: "长" * most})


def test_a_paid_gift_shows_its_way_on_its_own_page(reader: Reader, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give())
    page = text(reader.open(own_page(world, paid)))
    assert "这笔钱走到哪了 付款 已完成" in page and "到账 配捐定下 已完成" in page and "村里花了" in page
    assert 'class="fold" id="refund"' in reader.page.text and "<details open" not in reader.page.text


def test_paper_has_no_form_and_the_total_once(reader: Reader) -> None:
    style = reader.open("/static/site.css").split("@media print")[1]
    assert "tfoot { display: table-row-group; }" in style and "form," in style and ".button" in style


def test_sizes_follow_the_text_size_of_the_reader(reader: Reader) -> None:
    for name in ("site", "event", "giving", "project", "people"):
        assert not re.search(r"font(-size)?:[^;]*\b\d+px", reader.open(f"/static/{name}.css")), name


def test_an_event_that_comes_says_when(reader: Reader, world: World) -> None:
    world.pot(500_00)
    later = "opens_at = opens_at + interval '1 day', ends_at = ends_at + interval '2 days'"
    world.do(lambda tx: tx.run(f"UPDATE campaign SET phase = 'scheduled', {later}"))
    page = text(reader.open("/c/day"))
    assert "活动还没开始" in page and "已配完" not in page and "捐给一个村" not in page
    form = text(reader.open(reader.form_page))
    assert "活动现在不接受捐赠" in form and "开放捐赠" in form and "留住配捐" not in form
    assert "开放捐赠" in text(reader.open(f"/c/day/p/{world.projects[0]}")), "a village's own page says when, too"
    assert not re.search(r"<title>公益日", reader.open("/c/day")), "the title says that it has not begun"


def test_a_pot_that_has_not_opened_is_not_called_used_up(reader: Reader, world: World) -> None:
    """Before the campaign, and in it before the pot's first tranche."""
    world.pot(500_00, tranches=[Tranche(world.clock.at + timedelta(hours=2), 500_00)])
    page = text(reader.open("/c/day"))
    assert "还没开 共 ¥500" in page and "配完" not in page.replace("配完为止", "")
    later = "opens_at = opens_at + interval '1 day', ends_at = ends_at + interval '2 days'"
    world.do(lambda tx: tx.run(f"UPDATE campaign SET phase = 'scheduled', {later}"))
    page = text(reader.open("/c/day"))
    assert "开始后可配 共 ¥500" in page and "配完" not in page.replace("配完为止", "")
    screen = text(reader.open("/c/day/screen"))
    assert "开始后可配 ¥500" in screen and "配捐还有" not in screen and "扫码看看项目" in screen


def test_a_refunded_donation_does_not_say_that_the_village_keeps_it(reader: Reader, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(100_00))
    world.refund(paid, 100_00)
    page = text(reader.open(own_page(world, paid)))
    assert "这笔捐款已经退回 ，它的配捐也退了" in page and "村里照样收到" not in page


def test_a_disputed_payment_is_not_called_final(reader: Reader, world: World) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(100_00))
    world.dispute(paid)
    world.settle()
    page = text(reader.open(own_page(world, paid)))
    assert "银行还没有裁定" in page and "配捐定下了" not in page and "村里收到" not in page
    assert "added reserved" in reader.page.text
    world.dispute(paid, "won")
    world.settle()
    assert "配捐定下了" in text(reader.open(own_page(world, paid)))


def test_a_drawn_match_is_said_to_be_drawn(reader: Reader, world: World) -> None:
    rules = {"ratio_bps": 20_000, "random": {"least_bps": 5_000}}
    pot = {
        "campaign": world.slug,
        "fund": world.fund,
        "name": "the drawn pot",
        "rank": 1,
        "rules": rules,
        "actor": ACTOR,
    }
    tranches = [Tranche(world.clock.at, 500_00)]
    world.do(pots.create, kind="random", mode="payment", tranches=tranches, **pot)
    page = text(reader.open(own_page(world, world.pay(world.give(20_00)))))
    assert "配捐定下了 ：抽到 " in page and "（1:0.5 至 1:2）" in page and "按支付后随机抽取" in page


def test_outside_match_hours_the_page_of_a_donation_says_when_they_begin(reader: Reader, world: World) -> None:
    world.pot(500_00)
    now = world.clock.at
    window = {
        "opens_at": (now + timedelta(hours=1)).isoformat(),
        "closes_at": (now + timedelta(hours=2)).isoformat(),
    }
    world.do(
        lambda tx: tx.run("UPDATE campaign SET windows = CAST(:windows AS jsonb)", windows=json.dumps([window]))
    )
    page = text(reader.open(own_page(world, world.give(20_00))))
    assert "现在不在配捐时段 ：" in page and "下一批" not in page


def test_a_suspended_project_has_no_dead_form(reader: Reader, world: World) -> None:
    project = world.projects[0]
    world.do(suspend, project, "a reason", ACTOR)
    form = reader.open(f"/donate/{world.slug}/{project}")
    assert "这个项目现在不接受捐赠" in form and 'id="custom"' not in form and "看看别的村" in form
    assert "怎么处理会写在这一页" in reader.open(f"/c/{world.slug}/p/{project}")


def test_an_event_that_ended_without_donations_thanks_nobody(reader: Reader, world: World) -> None:
    world.clock.advance(hours=9)
    world.close()
    page = reader.open(f"/c/{world.slug}")
    assert "这次活动没有收到捐赠" in page and "谢谢每一位捐赠人" not in page
    assert "您可以建第一支" not in reader.open(f"/c/{world.slug}/teams")
