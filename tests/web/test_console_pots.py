"""Pots in the console: made, changed and filled by people who know no codes, with every refusal at its field."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.network.people import create_manager
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

NEW = "/console/campaigns/day/pots/new"
NOW = "2026-01-01T00:00"


def soon(world: World, **delta: float) -> str:
    from app.console.typed import moment_typed

    return moment_typed(world.clock.at + timedelta(**delta))


def fill(world: World, **other: Any) -> dict[str, Any]:
    """What a manager types for an ordinary pot of 500 yuan that is open."""
    typed = {"name": "栾川配捐池", "fund": str(world.fund), "rank": "1", "kind": "ratio", "mode": "reserve"}
    typed |= {"ratio_bps": "1:1", "tranche_at": [soon(world, hours=-1)], "tranche_amount": ["500"]}
    return typed | other


def preview(manager: Reader, world: World, **other: Any) -> str:
    manager.open(NEW)
    return text(manager.send(NEW, verb="preview", **fill(world, **other)))


def made(manager: Reader, world: World, **other: Any) -> str:
    """The page of a pot that was typed, looked at and confirmed."""
    assert "请核对" in preview(manager, world, **other)
    return text(manager.send(NEW, verb="save"))


def pots(world: World) -> int:
    with world.db.transaction() as tx:
        return int(tx.scalar("SELECT count(*) FROM pot"))


def test_a_campaign_without_pots_says_so_and_leads_to_the_first(manager: Reader) -> None:
    page = manager.open("/console/campaigns/day")
    assert "还没有配捐池" in page and NEW in page


def test_a_pot_is_shown_in_words_before_it_is_made(manager: Reader, world: World) -> None:
    scope = {"scope.under": "4101", "scope.tiers": "micro", "caps.donation_minor": "50", "minimum_minor": "10"}
    page = preview(manager, world, **scope)
    assert "每捐 1 元配捐 1 元" in page and "只支持：栾川县" in page and "每笔配捐上限 50.00 元" in page
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
    assert "刚才已经建立，没有重复建立" in manager.send(NEW, verb="save")
    assert pots(world) == 1
    world.check()


def test_what_was_changed_after_the_preview_is_shown_again_first(manager: Reader, world: World) -> None:
    preview(manager, world)
    page = text(manager.send(NEW, verb="save", ratio_bps="1:0.5"))
    assert "请核对" in page and "每捐 1 元配捐 0.5 元" in page
    assert pots(world) == 0
    assert "配捐池已建立" in manager.send(NEW, verb="save")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "请填写"),
        ({"name": "x" * 101}, "name", "内容太长"),
        ({"rank": "0"}, "rank", "顺序应是 1 至 1000"),
        ({"rank": "one"}, "rank", "请填写整数"),
        ({"kind": "lottery"}, "kind", "请选择类别"),
        ({"mode": "later"}, "mode", "请选择配捐时间"),
        ({"kind": "random", "random.least_bps": "1:0.1"}, "mode", "随机池只能在支付后配捐"),
        ({"kind": "random", "mode": "payment"}, "random.least_bps", "请填写最低比例"),
        ({"kind": "random", "mode": "payment", "random.least_bps": "2:4"}, "random.least_bps", "不能高于最高比例"),
        ({"kind": "challenge"}, "challenge", "请填写要达到的人数或金额"),
        (
            {"kind": "challenge", "challenge.donors": "5", "challenge.raised_minor": "5"},
            "challenge",
            "只能选一个",
        ),
        ({"kind": "challenge", "challenge.donors": "0"}, "challenge.donors", "目标应大于 0"),
        ({"ratio_bps": ""}, "ratio_bps", "请填写"),
        ({"ratio_bps": "double"}, "ratio_bps", "请填写比例，例如 1:1、1:0.5 或 50%"),
        ({"ratio_bps": "1:0"}, "ratio_bps", "配捐比例应大于 0"),
        ({"ratio_bps": "1:10.5"}, "ratio_bps", "最高 1:10"),
        ({"minimum_minor": "-1"}, "minimum_minor", "请填写金额"),
        ({"scope.levels": "moon"}, "scope.levels", "没有这一级"),
        ({"scope.tiers": "huge"}, "scope.tiers", "没有这一类"),
        ({"scope.under": "9999"}, "scope.under", "有的地区不存在"),
        ({"scope.projects": "999999"}, "scope.projects", "有的项目不存在"),
        ({"scope.minimum_rating": "6"}, "scope.minimum_rating", "0 至 5"),
        ({"scope.levels": "city", "scope.projects": "1"}, "scope", "没有项目能得到配捐"),
        ({"caps.donation_minor": "0"}, "caps.donation_minor", "上限应大于 0"),
        ({"caps.donation_minor": "much"}, "caps.donation_minor", "请填写金额"),
        ({"caps.donation_minor": "5", "minimum_minor": "10"}, "caps.donation_minor", "低于最小一笔捐赠应得的配捐"),
        ({"caps.donation_minor": "50", "caps.donor_minor": "10"}, "caps.donation_minor", "高于范围更大的上限"),
        ({"tranche_amount": ["0"]}, "tranches", "每批金额应大于 0"),
        ({"tranche_amount": ["lots"]}, "tranches.0", "请填写金额"),
        ({"tranche_at": [""]}, "tranches.0", "请填写开放时间"),
        ({"tranche_at": ["soon"]}, "tranches.0", "请填写日期和时间"),
        ({"tranche_at": ["0001-01-01T00:00"]}, "tranches.0", "请填写日期和时间"),
        ({"tranche_at": [NOW, NOW], "tranche_amount": ["1", "2"]}, "tranches", "两批额度不能在同一时间开放"),
        ({"tranche_amount": ["1000000.01"]}, "fund", "基金余额不足。现在可用 1,000,000.00 元"),
        ({"fund": "77"}, "fund", "没有这个基金"),
        ({"fund": ""}, "fund", "请填写"),
    ],
)
def test_every_refusal_is_told_at_its_field_and_nothing_typed_is_lost(
    manager: Reader, world: World, typed: dict[str, Any], field: str, words: str
) -> None:
    manager.open(NEW)
    page = manager.send(NEW, verb="preview", **fill(world, **({"name": "我的池"} | typed)))
    fault = page.split(f'id="fault-{field}">')[1].split("<")[0]
    assert words in fault
    assert f'href="#f-{field}"' in page and f'id="f-{field}"' in page
    assert 'id="fault-' not in page.replace(f'id="fault-{field}"', ""), "at this field alone"
    assert typed.get("name", "我的池") in page
    assert pots(world) == 0
    page = manager.open(NEW + "?lang=en")
    page = manager.send(NEW, verb="preview", **fill(world, **typed))
    told = page.split(f'id="fault-{field}">')[1].split("<")[0]
    assert told and told.isascii(), "English for who reads English"


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
    assert f"{times[2].replace('T', ' ')} 开放 待开放" in page
    page = text(manager.open("/console/campaigns/day"))
    assert "已开放" in page and "待开放 37.50" in page
    world.check()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": "random", "mode": "payment", "random.least_bps": "10%"}, "随机配捐，比例 1:0.1 至 1:1"),
        ({"kind": "challenge", "challenge.donors": "100"}, "捐赠人数达到 100 人后解锁"),
        ({"kind": "challenge", "challenge.raised_minor": "5000"}, "筹款达到 5,000.00 元后解锁"),
        ({"ratio_bps": "２：１".replace("２", "2").replace("１", "1")}, "每捐 1 元配捐 0.5 元"),
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
    assert "没有重复保存" in manager.send(path, verb="save")
    world.clock.advance(hours=3)
    page = text(manager.open(f"/console/pots/{pot}"))
    assert "第 2 版 现行" in page and "第 1 版 已失效" in page
    assert world.pay(held).captured_minor == 100_00, "what was promised stays promised"
    world.check()


def test_rules_that_others_changed_meanwhile_are_looked_at_again(manager: Reader, world: World) -> None:
    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/rules"
    manager.open(path)
    manager.send(path, verb="preview", ratio_bps="50%")
    world.do(change_rules, pot)
    assert "刚才有变化" in manager.send(path, verb="save")
    assert "请核对" in manager.send(path, verb="preview")
    assert "新规则已保存" in manager.send(path, verb="save")


def change_rules(tx: Any, pot: int) -> None:
    from campaigns.pots import add_rules

    add_rules(tx, pot, {"ratio_bps": 20_000}, None, "other")


def test_rules_do_not_begin_in_the_past(manager: Reader, world: World) -> None:
    path = f"/console/pots/{world.pot(500_00)}/rules"
    manager.open(path)
    page = manager.send(path, verb="preview", valid_from=soon(world, hours=-1))
    assert "不能早于现在" in page.split('id="fault-valid_from">')[1]


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
    assert "已记账" in page and "200.00 boss" in page
    manager.page = form
    assert "没有重复记账" in manager.send(path, verb="save")
    assert world.pots()[pot].funded_minor == funded
    world.check()


def test_money_that_others_moved_meanwhile_is_looked_at_again(manager: Reader, world: World) -> None:
    from campaigns.pots import top_up

    pot = world.pot(500_00)
    path = f"/console/pots/{pot}/top-ups"
    manager.open(path)
    manager.send(path, verb="preview", amount_minor="200")
    world.do(top_up, pot, 100_00, "other")
    assert "刚才有变化" in manager.send(path, verb="save")
    assert world.pots()[pot].funded_minor == 600_00


@pytest.mark.parametrize(
    ("verb", "amount", "words"),
    [
        ("top-ups", "999500.01", "基金余额不足。现在可用 999,500.00 元"),
        ("reductions", "400.01", "池中没有这么多未被占用的资金。现在可用 400.00 元"),
        ("top-ups", "0", "请填写大于 0 的金额"),
        ("reductions", "some", "请填写金额"),
        ("top-ups", "", "请填写"),
    ],
)
def test_money_that_is_not_there_does_not_move(
    manager: Reader, world: World, verb: str, amount: str, words: str
) -> None:
    pot = world.pot(500_00)
    world.give(100_00)
    path = f"/console/pots/{pot}/{verb}"
    manager.open(path)
    assert words in manager.send(path, verb="preview", amount_minor=amount)
    assert world.pots()[pot].funded_minor == 500_00
    world.check()


def test_a_pot_says_whom_it_matched_and_what_cut_it(manager: Reader, world: World) -> None:
    pot = world.pot(120_00, donation=80_00)
    first, second = world.pay(world.give(100_00)), world.give(100_00)
    page = text(manager.open(f"/console/pots/{pot}"))
    assert "每笔配捐上限 2 次" in page and "池中余额不足 1 次" in page and "被询问 2 次" in page
    page = manager.open(f"/console/pots/{pot}/donations")
    assert str(first.id) in page and str(second.id) in page
    assert "80.00 已配" in text(page) and "40.00 支付中预留" in text(page)


def test_the_donations_of_a_pot_are_paged(manager: Reader, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.console.pot_reads.PAGE_SIZE", 2)
    pot = world.pot(500_00)
    ids = [str(world.give(10_00).id) for _ in range(3)]
    page = manager.open(f"/console/pots/{pot}/donations")
    assert ids[2] in page and ids[0] not in page
    older = page.split('rel="next" href="')[1].split('"')[0]
    page = manager.open(older)
    assert ids[0] in page and ids[2] not in page and 'rel="next"' not in page
    manager.open(f"/console/pots/{pot}/donations?before=nonsense")


def test_after_the_settling_a_pot_is_only_read(manager: Reader, world: World) -> None:
    from campaigns.events.campaigns import cancel

    pot = world.pot(500_00)
    world.do(cancel, "day", "test")
    page = manager.open(f"/console/pots/{pot}")
    assert "不能再改" in page and f"/console/pots/{pot}/rules" not in page
    assert NEW not in manager.open("/console/campaigns/day")
    manager.open(NEW)
    assert "活动当前阶段不能做这件事" in manager.send(NEW, verb="preview", **fill(world))


@pytest.mark.parametrize("role", ["finance", "auditor", "liaison", "reviewer"])
def test_who_may_not_write_pots_only_reads_them(reader: Reader, world: World, role: str) -> None:
    pot = world.pot(500_00)
    world.do(create_manager, "someone", PASSWORD, role, "test")
    reader.sign_in("someone")
    assert NEW not in reader.open("/console/campaigns/day")
    page = reader.open(f"/console/pots/{pot}")
    for path in (NEW, *(f"/console/pots/{pot}/{what}" for what in ("rules", "top-ups", "reductions"))):
        assert path not in page
        reader.open(path, 403)


def test_a_pot_that_is_none(manager: Reader) -> None:
    for what in ("", "/donations", "/rules", "/top-ups"):
        manager.open(f"/console/pots/99999999999999999999999{what}", 404)
        manager.open(f"/console/pots/77{what}", 404)
