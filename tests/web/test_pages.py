"""Every public page, in both languages; and what must be on it."""

import re
from datetime import timedelta

import pytest

from app.i18n.locale import soon
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.transitions import cancel
from matching.pots import Tranche
from tests.web.reader import Reader, text
from tests.world import ACTOR, World, new_campaign

PAGES = (
    "/",
    "/c/day",
    "/c/day/standings",
    "/c/day/standings?by=township",
    "/c/day/standings?by=village",
    "/c/day/standings?by=team",
    "/c/day/screen",
    "/public/",
    "/public/c/day",
    "/report",
    "/report?campaign=day",
    "/console/sign-in",
)
HAN = re.compile(r"[\u4e00-\u9fff]+")


def _data_words(world: World) -> str:
    """The Chinese of names that people gave, which no language changes."""
    return "洛阳市 公益日 专项基金 栾川县 嵩县 庙子镇 车村镇 蒿坪村 黄石砭村 天桥沟村 幸福家园 午餐 善 谢 中文"


def _all_pages(world: World) -> list[str]:
    first = world.projects[0]
    return [*PAGES, f"/c/day/p/{first}", f"/donate/day/{first}"]


def test_every_page_opens_in_chinese(reader: Reader, world: World) -> None:
    world.pay(world.give(email="a@example.org"))
    for path in _all_pages(world):
        page = reader.open(path)
        assert '<html lang="zh-CN" ' in page and "演示环境" in page, path


def test_every_page_opens_in_english_and_has_no_other_text(reader: Reader, world: World) -> None:
    world.pot(50_00)
    world.pay(world.give(email="a@example.org"))
    known = _data_words(world)
    for path in _all_pages(world):
        page = reader.open(path + ("&" if "?" in path else "?") + "lang=en")
        assert '<html lang="en" ' in page
        strange = [word for word in HAN.findall(text(page)) if word not in known]
        assert not strange, (path, strange)


def test_a_chosen_language_is_remembered(reader: Reader) -> None:
    reader.open("/c/day?lang=en")
    assert "3 projects" in reader.open("/c/day")
    reader.open("/c/day?lang=zh")
    assert "3 个项目" in reader.open("/c/day")


def test_no_page_has_inline_script_or_style_or_a_foreign_host(reader: Reader, world: World) -> None:
    for path in _all_pages(world):
        page = reader.open(path)
        assert "<style" not in page and " style=" not in page and not re.search(r"\son[a-z]+=", page)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
        foreign = re.sub(r'<link rel="(?:canonical|alternate)"[^>]*>', "", page)  # our own address, in full
        # Nothing is loaded from another host; a link may lead to one (the platform where the event is listed).
        foreign = re.sub(r'<a [^>]*href="https?://[^>]*>', "", foreign)
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', foreign), path
        assert "'unsafe-inline'" not in reader.page.headers["Content-Security-Policy"]


def test_the_legal_block_is_on_every_page_of_an_event(reader: Reader, world: World) -> None:
    with world.db.transaction() as tx:
        tx.run(
            """UPDATE campaign SET plan = plan || '{"certificate_no": "CERT-77", "filing_no": "FILE-88",
                                                    "bank_account": "BANK-99", "responsible": "张三"}'"""
        )
    project = world.projects[0]
    assert all(fact in reader.open("/c/day/screen") for fact in ("CERT-77", "FILE-88")), "a hall reads no more"
    for path in ("/c/day", f"/c/day/p/{project}", f"/donate/day/{project}", "/c/day/standings"):
        page = reader.open(path)
        assert all(fact in page for fact in ("CERT-77", "FILE-88", "BANK-99", "张三", "2030-01-01")), path


def test_campaigns_are_grouped_by_whether_donors_may_give(reader: Reader, world: World) -> None:
    page = text(reader.open("/"))
    assert "正在进行" in page and "已经结束" not in page
    world.clock.advance(hours=9)  # the scheduler has not run: the clock decides
    page = text(reader.open("/"))
    assert "已经结束" in page and "正在进行" not in page
    assert "活动现在不接受捐赠" in reader.open(f"/donate/day/{world.projects[0]}")


def test_without_events_the_first_page_says_so(reader: Reader, world: World) -> None:
    world.do(cancel, "day", ACTOR)
    assert "现在没有可以捐的活动" in reader.open("/")


def test_a_draft_is_not_public(reader: Reader, world: World) -> None:
    world.do(create, new_campaign(world.clock.at, slug="secret"), ACTOR)
    for path in ("/c/secret", "/public/c/secret", "/c/secret/screen", "/api/v1/campaigns/secret/totals"):
        assert reader.http.get(path).status_code == 404


def test_projects_are_searched_filtered_and_paged(reader: Reader, world: World) -> None:
    assert "共" not in reader.open("/c/day?q=没有这个词") and "没有找到项目" in reader.page.text
    page = reader.open("/c/day?under=4102")
    assert "41020101" in page and "幸福家园 41010101" not in page
    assert "幸福家园 41010102" in reader.open("/c/day?q=41010102")
    page = reader.open("/c/day?page=99999&sort=name")
    assert "幸福家园 41010101" in page, "the last page"


@pytest.mark.parametrize("query", ["sort=nonsense", "theme=nope", "page=x"])
def test_a_link_that_was_mistyped_shows_all_projects(reader: Reader, query: str) -> None:
    assert "3 个项目" in text(reader.open(f"/c/day?{query}"))


@pytest.mark.parametrize("query", ["q=" + "长" * 101, "under=" + "1" * 101])
def test_too_long_a_search_finds_nothing(reader: Reader, query: str) -> None:
    assert "没有找到项目" in text(reader.open(f"/c/day?{query}"))


def test_larger_type_is_offered_at_the_head_of_a_page(reader: Reader, world: World) -> None:
    assert world.slug
    head = reader.open("/c/day").split("</header>")[0]
    assert 'class="larger-type"' in head and 'class="usual-type"' in head


def test_without_pots_nothing_is_said_of_them(reader: Reader, world: World) -> None:
    page = text(reader.open("/c/day"))
    assert "配捐怎么算" not in page and "配捐已" not in page and "配捐 0" not in page and "照样能捐" not in page
    assert "配捐 0" not in text(reader.open(f"/c/day/p/{world.projects[0]}"))
    world.pay(world.give(20_00))
    assert "筹款 合计" in text(reader.open("/c/day/standings")) and "配捐 0" not in text(reader.open("/"))
    screen = text(reader.open("/c/day/screen"))
    assert "大家一起，已经筹到 20 元" in screen and "配捐" not in screen and "—" not in screen


def test_cards_and_strip_say_how_the_match_stands(reader: Reader, world: World) -> None:
    """For every project its own pots; and nothing is promised outside match hours or beyond what is left."""
    world.pot(60_00, scope={"under": ["4101"]}, ratio_bps=5_000)
    page = text(reader.open("/c/day"))
    assert "配捐还有 60 元" in page and page.count("配捐 1:0.5 进行中") == 2 and "配捐已完" not in page
    world.pay(world.give(120_00))
    page = text(reader.open("/c/day"))
    assert "进行中" not in page and page.count("配捐已完，照样能捐") == 2 and "配捐已配完，照样能捐" in page
    opens_at = world.clock.at + timedelta(minutes=90)
    world.pot(40_00, tranches=[Tranche(opens_at, 40_00)])
    at = soon(opens_at, world.clock.at)
    assert f"下一批 {at} 开" in text(reader.open("/c/day"))


def test_rules_are_shown_in_plain_words(reader: Reader, world: World) -> None:
    world.pot(500_00, name="县里的池", scope={"under": ["4102"]}, donation=50_00, donor_day=99_00)
    page = text(reader.open("/c/day"))
    for words in ("每捐 1 元配捐 1 元", "只支持：嵩县", "每笔配捐上限 50 元", "每人每天配捐上限 99 元"):
        assert words in page
    assert "县里的池" not in reader.open(f"/donate/day/{world.projects[0]}"), "another county's pot"
    assert "县里的池" in reader.open(f"/donate/day/{world.projects[2]}")
