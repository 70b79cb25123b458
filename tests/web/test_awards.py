"""Awards on pages: criteria in the console, winners with their sums on the public page, a paper each."""

import pytest

from tests.awards.test_awards import add, give, in_notice
from tests.web.reader import Reader, text
from tests.world import SLUG, World


def test_a_manager_sets_criteria_and_publishes_who_won(manager: Reader, world: World) -> None:
    assert "按现在的账" not in manager.open(f"/console/campaigns/{SLUG}/awards?now=1")  # without awards
    manager.open(f"/console/campaigns/{SLUG}/awards")
    bad = manager.send("/awards", name="最快的村", among="village", criterion="fastest", places="1", tie="earlier")
    assert "请填写大于 0 的金额" in bad
    manager.send(
        "/awards",
        name="<b>最快的村",
        among="village",
        criterion="fastest",
        places="2",
        tie="earlier",
        mark_minor="60",
    )
    assert "村（社区）里最先筹到 60 元的前 2 名。" in text(manager.page.text) and "<b>最快" not in manager.page.text
    assert "村（社区）里最先筹到 60 元的前 2 名。" in text(manager.open(f"/c/{SLUG}"))
    history = text(manager.open(f"/console/campaigns/{SLUG}")).partition(" 改动 ")[2]
    assert "增加奖项" in history and "按什么评：最先筹到一个数" in history and "fastest" not in history
    give(world, 70_00, 1, "a@example.org", 1)
    give(world, 90_00, 0, "b@example.org", 2)
    assert "黄石砭村" in manager.open(f"/console/campaigns/{SLUG}/awards?now=1")
    in_notice(world)
    manager.open(f"/console/campaigns/{SLUG}/awards")
    page = text(manager.open(f"/console/campaigns/{SLUG}/awards/publish"))
    assert "最快的村：黄石砭村、蒿坪村。" in page and "谁都能看到" in page
    assert "表彰已公布" in manager.send("/publish", verb="save")
    assert "黄石砭村、蒿坪村" in text(manager.open(f"/c/{SLUG}"))
    page = text(manager.open(f"/c/{SLUG}/awards"))
    assert "黄石砭村 栾川县" in page and "70.00" in page and "第 1 次公布" in page
    paper = manager.http.get(f"/c/{SLUG}/awards/1/1.en.pdf")
    assert paper.status_code == 200 and paper.data.startswith(b"%PDF")
    assert manager.http.get(f"/c/{SLUG}/awards/1/3.en.pdf").status_code == 404
    table = manager.http.get(f"/console/campaigns/{SLUG}/awards.csv").text
    assert "<b>最快的村" in table and "黄石砭村,栾川县,1,1,70.00,0.00,0.00,70.00" in table


def test_an_award_is_removed_with_a_reason(manager: Reader, world: World) -> None:
    add(world)
    manager.open(f"/console/campaigns/{SLUG}/awards")
    assert "请填写" in manager.send("/remove", reason=" ") and "爱心乡镇" in text(manager.open(f"/c/{SLUG}"))
    manager.open(f"/console/campaigns/{SLUG}/awards")
    assert "奖项已去掉" in manager.send("/remove", reason="和去年的重了")
    history = text(manager.open(f"/console/campaigns/{SLUG}")).partition(" 改动 ")[2]
    assert "去掉奖项" in history and "原因：和去年的重了" in history


@pytest.mark.parametrize("address", ["/c/{slug}", "/c/{slug}/awards"])
def test_nothing_is_shown_of_a_campaign_without_awards(reader: Reader, world: World, address: str) -> None:
    assert "award" not in reader.open(f"/c/{SLUG}") and "没有奖项" in reader.open(f"/c/{SLUG}/awards")
    assert add(world)
    assert "爱心乡镇" in reader.open(address.format(slug=SLUG))
