"""Pages with figures of a campaign: the live desk and the analytics."""

from tests.web.reader import Reader, text
from tests.world import World


def test_the_live_desk_shows_this_moment_with_a_table_beside_each_chart(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give(66_60))
    manager.open(f"/console/campaigns/{world.slug}")
    page = manager.open(f"/console/campaigns/{world.slug}/live")
    assert '<rect class="paid"' in page and "style=" not in page
    words = text(page)
    assert "付成金额 66.60" in words and "近 10 分钟配出" in words and "933.40" in words
    assert "Live" in manager.open(f"/console/campaigns/{world.slug}/live?lang=en")


def test_the_analytics_show_every_dimension_and_leave_as_a_file(manager: Reader, world: World) -> None:
    world.clock.advance(minutes=30)  # an hour and a half after the beginning
    world.pay(world.give(66_60, team="<b>老乡</b>"))
    manager.open(f"/console/campaigns/{world.slug}")
    page = manager.open(f"/console/campaigns/{world.slug}/analytics")
    words = text(page)
    assert "第 2 小时 1 66.60" in words and "50 元至不到 100 元 1 66.60" in words and "第一次捐的人 1" in words
    assert "&lt;b&gt;老乡&lt;/b&gt;" in page and "<b>老乡" not in page and "style=" not in page
    folded = "<details><summary>看数字"
    parts = {part.partition('"')[0]: part for part in page.split('id="by-')[1:]}
    assert [name for name, part in parts.items() if folded in part] == ["hour"], "its chart shows the hours already"
    response = manager.http.get(f"/console/campaigns/{world.slug}/analytics.csv")
    assert "金额段,50 元至不到 100 元,1,66.60" in response.get_data(as_text=True)


def test_a_day_is_simulated_and_nothing_is_written(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    manager.open(f"/console/campaigns/{world.slug}/simulate")
    made = text(manager.send("/simulate", count="500", average="60"))
    assert "剩下" in made and "500" in made and "只列前 100 笔" in made
    beyond = text(manager.send("/simulate", count="20000", average="0.50"))
    assert "应是 1 至 10000 的整数" in beyond and "金额应在 1.00 至" in beyond and "第一次不够的时间" not in beyond
    at = world.clock.at.isoformat()
    page = text(manager.send("/simulate", gifts=f"{at}, 600, {code}\n{at}\t600\t{code}"))
    assert "1,200.00" in page and "1,000.00 1,000.00 0.00 2" in page, page
    assert "逐笔配捐 2" in page and "第 2 行 600.00 400.00 没有全配" in page, page
    pot = world.do(lambda tx: tx.scalar("SELECT id FROM pot"))
    tried = {"pot": str(pot), "ratio_bps": "1:0.5", "caps.donation_minor": "200"}
    both = text(manager.send("/simulate", gifts=f"{at}, 600, {code}\n{at}\t600\t{code}", **tried))
    assert "第 1 行 600.00 600.00 200.00" in both, both
    assert "0 笔捐赠多得配捐，2 笔少得" in both and "配捐一共少 600.00 元" in both, both
    answer_page = text(manager.send("/simulate", gifts=f"{at},x,{code}\n{at},1,nowhere"))
    assert "没有这个项目" in answer_page and "第一次不够的时间" not in answer_page
    assert manager.donations() == 0
