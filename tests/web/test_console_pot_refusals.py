"""What the engine refuses of a pot, told at its field in the reader's language, and nothing typed is lost."""

from typing import Any

import pytest

from tests.web.pot_steps import NEW, fill, pots
from tests.web.reader import Reader
from tests.world import World

NOW = "2026-01-01T00:00"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "请填写"),
    ({"name": "x" * 101}, "name", "内容太长"),
    ({"rank": "0"}, "rank", "应是 1 至 1000 的整数"),
    ({"rank": "one"}, "rank", "请填写整数"),
    ({"kind": "lottery"}, "kind", "请选择：按比例、随机、挑战"),
    ({"mode": "later"}, "mode", "请选择：提交时预留、支付后配捐"),
    ({"kind": "random", "random.least_bps": "1:0.1"}, "mode", "随机池只能在支付后配捐"),
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
    ({"minimum_minor": "-1"}, "minimum_minor", "不能是负数"),
    ({"scope.levels": "moon"}, "scope.levels", "没有这一级"),
    ({"scope.tiers": "huge"}, "scope.tiers", "没有这一类"),
    ({"scope.under": "9999"}, "scope.under", "有的地区不存在"),
    ({"scope.projects": "999999"}, "scope.projects", "有的项目不存在"),
    ({"scope.minimum_rating": "6"}, "scope.minimum_rating", "0 至 5"),
    ({"scope.levels": "city", "scope.projects": "1"}, "scope", "谁也得不到配捐"),
    ({"caps.donation_minor": "0"}, "caps.donation_minor", "上限应大于 0"),
    ({"caps.donation_minor": "much"}, "caps.donation_minor", "请填写金额"),
    ({"caps.donation_minor": "5", "minimum_minor": "10"}, "caps.donation_minor", "低于最小一笔捐赠应得的配捐"),
    ({"caps.donation_minor": "50", "caps.donor_minor": "10"}, "caps.donation_minor", "高于范围更大的上限"),
    ({"tranche_amount": ["0"]}, "tranches", "每批金额应大于 0"),
    ({"tranche_amount": ["lots"]}, "tranches.0", "请填写金额"),
    ({"tranche_at": [""]}, "tranches.0", "每批要有开放时间和金额"),
    ({"tranche_at": ["", NOW], "tranche_amount": ["", ""]}, "tranches.1", "每批要有开放时间和金额"),
    ({"tranche_at": ["soon"]}, "tranches.0", "请填写日期和时间"),
    ({"tranche_at": ["0001-01-01T00:00"]}, "tranches.0", "时间超出范围"),
    ({"tranche_at": [NOW, NOW], "tranche_amount": ["1", "2"]}, "tranches", "两批额度不能在同一时间开放"),
    ({"scope.levels": "city", "scope.under": "4101"}, "scope", "没有项目能同时符合"),
    ({"tranche_at": ["2199-01-01T00:00"]}, "tranches", "配捐结束以后才开放"),
    ({"tranche_amount": ["1000000.01"]}, "fund", "余额不足：现有 1,000,000.00 元，还差 0.01 元"),
    ({"fund": "77"}, "fund", "没有这个基金"),
    ({"fund": ""}, "fund", "请填写"),
]


def test_every_refusal_is_shown_at_its_field_and_keeps_the_typed_values(
    manager: Reader, world: World, subtests: pytest.Subtests
) -> None:
    for typed, field, words in REFUSED:
        with subtests.test(typed=typed):
            manager.open(NEW + "?lang=zh")
            page = manager.send(NEW, verb="preview", **fill(world, **({"name": "我的池"} | typed)))
            fault = page.split(f'id="fault-{field}">')[1].split("<")[0]
            assert words in fault
            assert f'href="#f-{field}"' in page and f'id="f-{field}"' in page
            assert 'id="fault-' not in page.replace(f'id="fault-{field}"', ""), "at this field alone"
            assert typed.get("name", "我的池") in page
            assert pots(world) == 0
            page = manager.open(NEW + "?lang=en")
            page = manager.send(NEW, verb="preview", **fill(world, **typed))
            fault_text = page.split(f'id="fault-{field}">')[1].split("<")[0]
            assert fault_text.replace("“专项基金”", "").isascii(), "English for who reads English, but for names"


@pytest.mark.parametrize(
    ("verb", "amount", "words"),
    [
        ("top-ups", "999500.01", "余额不足：现有 999,500.00 元，还差 0.01 元"),
        ("reductions", "400.01", "池中未被占用的资金只有 400.00 元"),
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
