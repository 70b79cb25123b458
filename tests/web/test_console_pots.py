"""Pots in the console: made, changed, filled and looked at by people who know no codes."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.lifecycle.transitions import cancel
from campaigns.network.people import create_manager
from campaigns.pots import add_rules, top_up
from tests.races.runners import at_once
from tests.web.pot_steps import NEW, fill, made, pots, preview, soon
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import World


def test_a_campaign_without_pots_links_to_creating_the_first(manager: Reader) -> None:
    page = manager.open("/console/campaigns/day")
    assert "还没有配捐池" in page and NEW in page


def test_a_pot_is_shown_in_words_before_it_is_made(manager: Reader, world: World) -> None:
    scope = {"scope.under": "4101", "scope.tiers": "micro", "caps.donation_minor": "50", "minimum_minor": "10"}
    page = preview(manager, world, **scope)
    assert "每捐 1 元配捐 1 元" in page and "只支持：栾川县" in page and "每笔配捐上限 50 元" in page
    assert "基金余额由 1,000,000.00 元变为 999,500.00 元" in page
    assert pots(world) == 0, "a preview makes nothing"
    page = text(manager.send(NEW, verb="save"))
    assert (
        "配捐池已建立" in page and "投入 500.00" in page and "现可配 500.00" in page and "建立配捐池 boss" in page
    )
    assert world.give(80_00).reserved_minor == 50_00
    assert world.give(80_00, project=2).reserved_minor == 0
    world.check()


def test_a_second_click_makes_no_second_pot(manager: Reader, world: World) -> None:
    preview(manager, world)
    page = manager.page
    assert "配捐池已建立" in manager.send(NEW, verb="save")
    manager.page = page
    assert "没有重复执行" in manager.send(NEW, verb="save")
    assert pots(world) == 1
    world.check()


def both_at_once(manager: Reader, path: str) -> list[str]:
    """The same confirmed form sent by two threads at the same moment; what each was told."""
    where, fields = next(form for form in forms(manager.page.text) if form[0].endswith(path))

    def send() -> str:
        client = twin(manager)
        return client.post(where, data=fields | {"verb": "save"}, follow_redirects=True).text

    return at_once(send, send)


def twin(manager: Reader) -> FlaskClient:
    """A second window of the same browser."""
    app = manager.http.application
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = manager.http.get_cookie(name)
    assert cookie is not None
    client = app.test_client()
    client.set_cookie(name, cookie.value)
    return client


def test_two_clicks_at_the_same_moment_make_one_pot(manager: Reader, world: World) -> None:
    preview(manager, world)
    pages = both_at_once(manager, NEW)
    assert sorted("没有重复执行" in page for page in pages) == [False, True]
    assert pots(world) == 1
    pot = next(iter(world.pots()))
    path = f"/console/pots/{pot}/top-ups"
    manager.open(path)
    manager.send(path, verb="preview", amount_minor="200")
    pages = both_at_once(manager, path)
    assert sorted("没有重复执行" in page for page in pages) == [False, True]
    assert world.pots()[pot].funded_minor == 700_00
    world.check()


def test_a_form_changed_after_its_preview_is_previewed_again(manager: Reader, world: World) -> None:
    preview(manager, world)
    page = text(manager.send(NEW, verb="save", ratio_bps="1:0.5"))
    assert "请核对" in page and "每捐 1 元配捐 0.5 元" in page
    assert pots(world) == 0
    assert "配捐池已建立" in manager.send(NEW, verb="save")


def test_places_and_projects_are_found_by_name(manager: Reader, world: World) -> None:
    manager.open(NEW)
    page = manager.send(NEW, verb="find", name="我的池", place_q="车村", project_q="41010101")
    assert 'value="410201"' in page and "嵩县" in page and "幸福家园 41010101" in page
    assert 'value="我的池"' in page and 'id="fault-' not in page
    page = text(made(manager, world, **{"scope.under": "410201"}))
    assert "只支持：车村镇" in page
    page = made(manager, world, name="一个村", **{"scope.projects": str(world.projects[0])})
    assert "指定项目：幸福家园 41010101" in page
    manager.open(NEW)
    assert "没有找到这个地区" in manager.send(NEW, verb="find", place_q="不存在")


def test_there_is_always_room_for_one_more_tranche(manager: Reader, world: World) -> None:
    times = [soon(world, hours=hour) for hour in range(-1, 3)]
    manager.open(NEW)
    page = manager.send(NEW, verb="more", **fill(world, tranche_at=times[:3], tranche_amount=["100", "50", "25"]))
    assert page.count('name="tranche_at"') == 6
    page = preview(manager, world, tranche_at=times, tranche_amount=["100", "50", "25", "12.5"])
    assert "转入 187.50 元" in page
    page = text(manager.send(NEW, verb="save"))
    assert "待开放 37.50 现可配 150.00" in page
    assert f"{times[2].replace('T', ' ')} 25.00 待开放" in page
    page = text(manager.open("/console/campaigns/day"))
    assert "已开放" in page and "待开放 37.50" in page
    world.check()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": "random", "mode": "payment", "random.least_bps": "10%"}, "随机配捐，比例 1:0.1 至 1:1"),
        ({"kind": "challenge", "challenge.donors": "100"}, "捐赠人数达到 100 人后解锁"),
        ({"kind": "challenge", "challenge.raised_minor": "5000"}, "筹款达到 5,000.00 元后解锁"),
        ({"ratio_bps": "2：1"}, "每捐 1 元配捐 0.5 元"),
        ({"ratio_bps": "150％"}, "每捐 1 元配捐 1.5 元"),
        ({"random.least_bps": "left over from another kind"}, "每捐 1 元配捐 1 元"),
    ],
)
def test_every_kind_of_pot_can_be_made(manager: Reader, world: World, typed: dict[str, str], words: str) -> None:
    assert words in made(manager, world, **typed)
    world.check()


def test_new_rules_are_a_new_version_from_a_time_on(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    held = world.give(100_00)
    path = f"/console/pots/{pot}/rules"
    assert 'value="1:1"' in manager.open(path)
    page = text(manager.send(path, verb="preview", ratio_bps="50%", valid_from=soon(world, hours=2)))
    assert "现行规则 每捐 1 元配捐 1 元" in page and "每捐 1 元配捐 0.5 元" in page
    form = manager.page
    page = text(manager.send(path, verb="save"))
    assert "新规则已保存" in page and "第 2 版 尚未生效" in page and "第 1 版 现行" in page
    manager.page = form
    assert "没有重复执行" in manager.send(path, verb="save")
    world.clock.advance(hours=3)
    page = text(manager.open(f"/console/pots/{pot}"))
    assert "第 2 版 现行" in page and "第 1 版 已失效" in page
    assert world.pay(held).captured_minor == 100_00, "what was promised stays promised"
    world.check()


def test_rules_changed_by_others_meanwhile_are_previewed_again(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/rules"
    manager.open(path)
    manager.send(path, verb="preview", ratio_bps="50%")
    world.do(change_rules, pot)
    assert "刚才有变化" in manager.send(path, verb="save")
    assert "请核对" in manager.send(path, verb="preview")
    assert "新规则已保存" in manager.send(path, verb="save")
    page = text(manager.open(f"/console/pots/{pot}"))
    assert "200% → 50%" in page and "100% → 200%" in page, "the trail has each change, not all rules"


def change_rules(tx: Any, pot: int) -> None:
    add_rules(tx, pot, {"ratio_bps": 20_000}, None, "other")


def test_rules_begin_neither_in_the_past_nor_after_the_last_match(manager: Reader, world: World) -> None:
    path = f"/console/pots/{world.pot(500_00)}/rules"
    manager.open(path)
    for hours, words in ((-1, "不能早于现在"), (24 * 90, "活动的配捐已经结束")):
        page = manager.send(path, verb="preview", valid_from=soon(world, hours=hours))
        assert words in page.split('id="fault-valid_from">')[1]


@pytest.mark.parametrize(("verb", "funded"), [("top-ups", 700_00), ("reductions", 300_00)])
def test_money_moves_once_and_is_shown_before(manager: Reader, world: World, verb: str, funded: int) -> None:
    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/{verb}"
    manager.open(path)
    page = text(manager.send(path, verb="preview", amount_minor="200"))
    left = {"top-ups": "999,300.00", "reductions": "999,700.00"}[verb]
    assert f"999,500.00 {left}" in page and world.pots()[pot].funded_minor == 500_00
    form = manager.page
    page = text(manager.send(path, verb="save"))
    assert "已记账" in page and "boss 金额：200.00 元" in page
    manager.page = form
    assert "没有重复执行" in manager.send(path, verb="save")
    assert world.pots()[pot].funded_minor == funded
    world.check()


def test_money_moved_by_others_meanwhile_is_previewed_again(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/top-ups"
    manager.open(path)
    manager.send(path, verb="preview", amount_minor="200")
    world.do(top_up, pot, 100_00, "other")
    assert "刚才有变化" in manager.send(path, verb="save")
    assert world.pots()[pot].funded_minor == 600_00


def test_a_pot_says_whom_it_matched_and_what_cut_it(manager: Reader, world: World) -> None:
    pot = world.pot(120_00, donation=80_00)
    first, second = world.pay(world.give(100_00)), world.give(100_00)
    page = text(manager.open(f"/console/pots/{pot}"))
    assert "每笔配捐上限 2 次" in page and "池中余额不足 1 次" in page and "被询问 2 次" in page
    page = manager.open(f"/console/pots/{pot}/donations")
    assert str(first.id) in page and str(second.id) in page
    assert "80.00 已配" in text(page) and "40.00 支付中预留" in text(page)


def test_the_donations_of_a_pot_are_paged(manager: Reader, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.console.pots.pot.PAGE_SIZE", 2)
    pot = world.pot(500_00)
    ids = [str(world.give(10_00).id) for _ in range(3)]
    page = manager.open(f"/console/pots/{pot}/donations")
    assert ids[2] in page and ids[0] not in page
    older = page.split('rel="next" href="')[1].split('"')[0]
    page = manager.open(older)
    assert ids[0] in page and ids[2] not in page and 'rel="next"' not in page
    manager.open(f"/console/pots/{pot}/donations?before=nonsense")


def test_after_the_settling_a_pot_is_only_read(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    world.do(cancel, "day", "test")
    page = manager.open(f"/console/pots/{pot}")
    assert "不能再改" in page and f"/console/pots/{pot}/rules" not in page
    assert NEW not in manager.open("/console/campaigns/day")
    manager.open(NEW)
    assert "活动当前阶段不能做这件事" in manager.send(NEW, verb="preview", **fill(world))


@pytest.mark.parametrize("role", ["finance", "auditor", "liaison", "reviewer"])
def test_roles_without_the_right_only_read_pots(reader: Reader, world: World, role: str) -> None:
    pot = world.pot(500_00)
    world.do(create_manager, "someone", PASSWORD, role, "test")
    reader.sign_in("someone")
    assert NEW not in reader.open("/console/campaigns/day")
    page = reader.open(f"/console/pots/{pot}")
    for path in (NEW, *(f"/console/pots/{pot}/{tab}" for tab in ("rules", "top-ups", "reductions"))):
        assert path not in page
        reader.open(path, 403)


def test_an_unknown_pot_is_not_found(manager: Reader) -> None:
    for tab in ("", "/donations", "/rules", "/top-ups"):
        manager.open(f"/console/pots/99999999999999999999999{tab}", 404)
        manager.open(f"/console/pots/77{tab}", 404)
