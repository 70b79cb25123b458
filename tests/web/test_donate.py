"""Giving with a form."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.reader import Reader, forms, text
from tests.world import World


def test_the_match_is_seen_before_paying(reader: Reader, world: World) -> None:
    world.pot(10_000_00, name="市级配捐池")
    page = text(reader.give(chip="10000"))
    assert "请确认您的捐赠" in page and "市级配捐池" in page
    assert re.search(r"您的捐赠 ¥100.00 为您预留的配捐 ¥100.00 项目将收到 ¥200.00", page)
    assert "前支付" in page and "去支付" in page
    world.check()


def test_what_can_be_expected_now_stands_beside_every_amount(reader: Reader, world: World) -> None:
    world.pot(30_00)
    page = text(reader.open(reader.form_page))
    assert "20 元 预计配捐 20" in page and "50 元 预计配捐 30" in page


def test_the_same_form_twice_is_one_donation(reader: Reader, world: World) -> None:
    world.pot(10_000_00)
    reader.open(reader.form_page)
    form = reader.page
    first = reader.send(reader.form_page)
    reader.page = form
    assert text(reader.send(reader.form_page)) == text(first)
    assert reader.donations() == 1


def test_the_same_form_with_another_amount_is_asked_about(reader: Reader, world: World) -> None:
    reader.open(reader.form_page)
    form = reader.page
    reader.send(reader.form_page)
    reader.page = form
    assert "已经提交过一笔不同的捐赠" in reader.send(reader.form_page, 409, custom="33")
    reader.send(reader.form_page)
    assert reader.donations() == 2


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
def test_a_mistake_is_told_at_its_field_and_what_was_typed_is_kept(
    reader: Reader, filled: dict[str, Any], words: str
) -> None:
    page = reader.give(422, **({"name": "王五"} | filled))
    assert words in page and 'aria-invalid="true"' in page
    if "name" not in filled:
        assert 'value="王五"' in page
    assert reader.donations() == 0


def test_mistakes_are_told_in_english_too(reader: Reader) -> None:
    reader.open(reader.form_page + "?lang=en")
    assert "Please enter a correct e-mail address" in reader.send(reader.form_page, 422, email="x")


def test_too_little_match_is_told_per_pot_and_nothing_is_held(reader: Reader, world: World) -> None:
    world.pot(30_00, name="小池")
    page = text(reader.give(409, chip="10000", email="a@example.org", message="加油"))
    assert re.search(r"您的捐赠 ¥100.00 现在能配捐 ¥30.00", page) and "小池 ¥30.00 ¥30.00" in page
    assert reader.donations() == 0
    page = text(reader.send(reader.form_page, accept="1"))
    assert "为您预留的配捐 ¥30.00" in page and reader.donations() == 1


def test_too_little_match_lets_change_the_amount(reader: Reader, world: World) -> None:
    world.pot(30_00)
    reader.give(409, chip="10000", email="a@example.org")
    page = reader.send(reader.form_page, edit="1")
    assert 'value="a@example.org"' in page and 'value="10000" checked' in page
    assert "为您预留的配捐 ¥20.00" in text(reader.send(reader.form_page, chip="2000"))


def test_a_form_of_another_site_is_refused(reader: Reader) -> None:
    reader.open(reader.form_page)
    assert "页面已过期" in reader.send(reader.form_page, 400, csrf_token="forged")
    assert reader.donations() == 0


def test_a_browser_is_known_again_by_its_cookie(reader: Reader, world: World) -> None:
    world.pot(10_000_00, donor_day=150_00)
    assert "为您预留的配捐 ¥100.00" in text(reader.give())
    reader.give(409)
    assert "为您预留的配捐 ¥50.00" in text(reader.send(reader.form_page, both="1"))
    reader.http.set_cookie("visitor", "forged")
    assert "为您预留的配捐 ¥100.00" in text(reader.give()), "a forged cookie is nobody's"


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), hostile))
def test_no_form_breaks_the_house(reader: Reader, filled: dict[str, str]) -> None:
    reader.open(reader.form_page)
    where, fields = forms(reader.page.text)[0]
    answer = reader.http.post(where, data=fields | filled)
    assert answer.status_code in (200, 303, 409, 422), answer.text[-2000:]
