"""Giving with a form."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.reader import Reader, forms, text
from tests.world import World


def test_the_match_is_seen_before_paying(reader: Reader, world: World) -> None:
    world.pot(10_000_00, name="市级配捐池")
    page = text(reader.give(chip="10000"))
    assert "配捐给您留好了" in page and "市级配捐池" in page
    assert re.search(r"您捐 100.00 配捐，先留着 100.00 付款后，村里收到 200.00 元", page)
    assert page.index("前付款") < page.index("去支付") < page.index("没付款也没关系"), "no scrolling to pay"
    world.check()


def test_a_sentence_says_what_an_amount_would_become(reader: Reader, world: World) -> None:
    world.pot(30_00)
    assert "您捐 20 ＋ 配捐 20 ＝ 村里收到 40 元" in reader.forecast("20")
    assert "您捐 66.60 ＋ 配捐 30 ＝ 村里收到 96.60 元" in reader.forecast("６６．６０元")
    assert "您捐 100 ＋ 配捐 30" in text(reader.open(reader.form_page)), (
        "and for the amount that is chosen at first"
    )
    assert reader.donations() == 0


def test_the_sentence_knows_what_is_left_of_the_visitors_own_caps(reader: Reader, world: World) -> None:
    """By the visitor's cookie, or by the contact that was typed; no promise of match that the caps would cut."""
    world.pot(10_000_00, donor_day=120_00)
    reader.give(chip="10000")
    assert "您捐 50 ＋ 配捐 20 ＝ 村里收到 70 元" in (sentence := reader.forecast("50"))
    assert "您的配捐上限还剩 20 元" in sentence
    assert "您捐 50 ＋ 配捐 50" in reader.forecast("50", phone="13800138000"), "another donor at this device"


def test_an_amount_that_can_be_read_in_two_ways_is_asked_about(reader: Reader, world: World) -> None:
    sentence = reader.forecast("66,60")
    assert "是 66.60 元" in sentence and "是 6,660 元" in sentence
    page = reader.give(422, custom="66,60")
    assert 'name="reading" value="6660"' in page and 'name="reading" value="666000"' in page
    assert reader.donations() == 0
    page = text(reader.send(reader.form_page, reading="6660"))
    assert "村里收到 66.60" in page and reader.donations() == 1


def test_a_form_that_is_changed_after_it_was_sent_replaces_what_it_made(reader: Reader, world: World) -> None:
    """Back from the page of the donation: the browser shows the form as it was sent, with its id."""
    world.pot(10_000_00)
    reader.open(reader.form_page)
    form = reader.page
    reader.send(reader.form_page, chip="10000")
    replaced = reader.page.request.full_path
    reader.page = form
    assert "配捐，先留着 200.00" in text(reader.send(reader.form_page, chip="20000"))
    assert sum(pot.reserved_minor for pot in world.pots().values()) == 200_00
    statuses = world.do(lambda tx: [row[0] for row in tx.rows("SELECT status FROM donation ORDER BY status")])
    assert statuses == ["cancelled", "paying"]
    world.check()
    left_behind = reader.open(replaced)  # say in another tab: to the new one, not to one more
    new = world.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE status = 'paying'"))
    assert "这一笔换成了新的" in left_behind
    address = re.search(r'href="([^"]*)">去看新的那一笔', left_behind)
    assert address is not None and address[1].startswith(f"/d/{new}?visit=")
    assert "配捐，先留着 200.00" in text(reader.open(unescape(address[1])))
    assert "再试一次" not in left_behind


def test_the_other_language_keeps_what_was_typed(reader: Reader, world: World) -> None:
    reader.open(reader.form_page)
    page = reader.send(reader.form_page, edit="1", custom="66.60", name="小满", message="加油", lang="en")
    assert all(f'value="{typed}"' in page for typed in ("66.60", "小满")) and "加油" in page
    assert "max-age" not in reader.page.headers["Cache-Control"], "and Back may bring the form back from memory"


def test_one_choice_between_named_and_anonymous(reader: Reader, world: World) -> None:
    def published() -> int:
        return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation WHERE publish_name")))

    reader.give(name="小满")
    assert published() == 0, "anonymous until the donor says otherwise"
    reader.give(name="小满", publish_name="1", both="1")
    assert published() == 1


def test_the_same_form_twice_is_one_donation(reader: Reader, world: World) -> None:
    world.pot(10_000_00)
    reader.open(reader.form_page)
    form = reader.page
    first = reader.send(reader.form_page)
    reader.page = form
    assert text(reader.send(reader.form_page)) == text(first)
    assert reader.donations() == 1


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"custom": "abc"}, "请填写金额"),
        ({"custom": "1.234"}, "最多两位小数"),
        ({"custom": "0"}, "金额应在 1.00 至"),
        ({"custom": "99999999999"}, "金额应在 1.00 至"),
        ({"chip": None}, "请选择或填写捐赠金额"),
        ({"chip": "7"}, "请选择或填写捐赠金额"),
        ({"email": "nobody"}, "请填写正确的邮箱地址"),
        ({"phone": "12ab"}, "请填写正确的电话号码"),
        ({"phone": "1\x00"}, "请填写正确的电话号码"),
        ({"name": "字" * 81}, "最多 80 个字"),
        ({"message": "字" * 201}, "最多 200 个字"),
        ({"message": "a\x00b"}, "控制字符"),
    ],
)
def test_a_mistake_is_shown_at_its_field_and_keeps_the_typed_values(
    reader: Reader, filled: dict[str, Any], words: str
) -> None:
    page = reader.give(422, **({"name": "王五"} | filled))
    assert words in page and 'aria-invalid="true"' in page
    if "name" not in filled:
        assert 'value="王五"' in page
    assert reader.donations() == 0


def test_mistakes_are_shown_in_english(reader: Reader) -> None:
    reader.open(reader.form_page + "?lang=en")
    assert "Please enter a valid e-mail address" in reader.send(reader.form_page, 422, email="x")


def test_too_little_match_is_shown_per_pot_and_nothing_is_reserved(reader: Reader, world: World) -> None:
    world.pot(30_00, name="小池")
    page = text(reader.give(409, chip="10000", email="a@example.org", message="加油"))
    assert re.search(r"您的捐赠 ¥100.00 现在能配捐 ¥30.00", page) and "小池 ¥30.00 ¥30.00" in page
    assert reader.donations() == 0
    page = text(reader.send(reader.form_page, accept="1"))
    assert "配捐，先留着 30.00" in page and reader.donations() == 1


def test_too_little_match_lets_change_the_amount(reader: Reader, world: World) -> None:
    world.pot(30_00)
    reader.give(409, chip="10000", email="a@example.org")
    page = reader.send(reader.form_page, edit="1")
    assert 'value="a@example.org"' in page and 'value="10000" checked' in page
    assert "配捐，先留着 20.00" in text(reader.send(reader.form_page, chip="2000"))


def test_a_form_of_another_site_is_refused(reader: Reader) -> None:
    reader.open(reader.form_page)
    assert "页面放久了" in reader.send(reader.form_page, 400, csrf_token="forged")
    assert reader.donations() == 0


def test_a_browser_is_known_again_by_its_cookie(reader: Reader, world: World) -> None:
    world.pot(10_000_00, donor_day=150_00)
    assert "配捐，先留着 100.00" in text(reader.give())
    reader.give(409)
    assert "配捐，先留着 50.00" in text(reader.send(reader.form_page, both="1"))
    reader.http.set_cookie("visitor", "forged")
    assert "配捐，先留着 100.00" in text(reader.give()), "a forged cookie is nobody's"


def test_an_address_may_carry_amount_and_channel(reader: Reader, world: World) -> None:
    page = reader.open(reader.form_page + "?amount=6660&channel=livestream&source=host-7&team=一队")
    assert 'value="66.60"' in page
    reader.send(reader.form_page)
    with world.db.transaction() as tx:
        row = tx.row("SELECT amount_minor, channel, source_code, team FROM donation")
    assert tuple(row or ()) == (66_60, "livestream", "host-7", "一队")


def test_no_campaign_or_project_of_that_name(reader: Reader, world: World) -> None:
    for path in ("/donate/none/1", "/donate/day/999", f"/donate/day/{2**70}", "/c/day/p/0"):
        reader.open(path, 404)


hostile = st.text(st.characters(codec="utf-8", max_codepoint=0x2FFF), max_size=40)
NAMES = ("id", "chip", "custom", "name", "phone", "email", "message", "team", "channel", "source", "accept")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), hostile))
def test_no_form_breaks_the_house(reader: Reader, filled: dict[str, str]) -> None:
    reader.open(reader.form_page)
    where, fields = forms(reader.page.text)[0]
    response = reader.http.post(where, data=fields | filled)
    assert response.status_code in (200, 303, 409, 422), response.text[-2000:]
