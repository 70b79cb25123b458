"""Thresholds of screening in the console."""

from campaigns.network.people import create_manager
from campaigns.screening.screen import screen
from campaigns.screening.settings import change, settings
from campaigns.screening.thresholds import Thresholds
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import World

PAGE = "/console/campaigns/day/screening"


def values(world: World) -> dict[str, int]:
    return {setting.name: setting.value for setting in world.do(settings, world.slug, Thresholds())}


def test_a_manager_reads_changes_and_puts_back_thresholds(manager: Reader, world: World) -> None:
    assert PAGE in manager.open("/console/campaigns/day/cases")
    shown = text(manager.open(PAGE))
    assert "小额：单笔不超过" in shown and "默认 10.00 元" in shown
    assert "全部恢复默认" not in shown, "nothing differs"
    shown = text(manager.send("/screening", small_minor="12.5", small_count="1,000", unit_share_bps="75.25"))
    assert "复核标准已保存" in shown and "已改" in shown and "boss" in shown
    assert (values(world)["small_minor"], values(world)["small_count"]) == (12_50, 1_000)
    assert values(world)["unit_share_bps"] == 7_525
    assert 'value="12.5"' in manager.page.text
    assert "已全部恢复默认标准" in text(manager.send("/screening/reset"))
    assert values(world)["small_minor"] == 10_00
    assert "Screening thresholds" in manager.open(f"{PAGE}?lang=en")


def test_invalid_thresholds_are_shown_at_their_fields_with_the_typed_values(manager: Reader, world: World) -> None:
    manager.open(PAGE)
    page = manager.send("/screening", 422, small_minor="<b>many", small_count="1", refund_count="7")
    assert "请检查标出的标准，没有任何改动" in page
    assert 'value="&lt;b&gt;many"' in page and page.count('aria-invalid="true"') == 1
    page = manager.send("/screening", 422, small_minor="10.005", small_count="30")
    assert page.count('aria-invalid="true"') == 1, "finer than a fen"
    page = manager.send("/screening", 422, small_minor="0", small_count="1", unit_within_s="100000")
    assert page.count('aria-invalid="true"') == 3
    assert values(world) == {
        setting.name: setting.default for setting in world.do(settings, world.slug, Thresholds())
    }
    manager.open("/console/campaigns/nowhere/screening", 404)


def test_readers_see_the_thresholds_and_cannot_change_them(reader: Reader, world: World) -> None:
    world.do(create_manager, "eye", PASSWORD, "auditor", "test")
    reader.sign_in("eye")
    page = reader.open(PAGE)
    assert "保存" not in page and "readonly" in page
    forged = forms(page)[0][1] | {"small_count": "3"}  # no form is shown: its token is that of another
    assert "您没有权限做这件事" in reader.http.post(PAGE, data=forged, follow_redirects=True).text
    assert values(world)["small_count"] == 30


def test_a_case_shows_the_thresholds_of_its_time(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    world.do(change, world.slug, {"small_count": 2}, Thresholds(), "li")
    for _ in range(2):
        world.pay(world.give(10_00, email="a@example.org"))
    assert screen(world.deps) == 2
    shown = text(manager.open("/console/campaigns/day/cases"))
    assert (
        "当时的标准：小额：单笔不超过 10.00 元；小额：同一人或同一支付工具达到 2 笔；小额：前后时间 3600 秒"
        in shown
    )
    world.check()
