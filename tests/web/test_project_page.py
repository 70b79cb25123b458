"""The page of a project: what a sum does, how the money is spent, whom to ask; and the form of its managers."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.web.worth import Worth, worth
from campaigns.disclosure.project_page import ProjectPage
from campaigns.projects import news
from campaigns.projects.description import describe
from campaigns.projects.news import NewsText
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

HOSTILE = "<b>顿</b>"


def page_of(world: World) -> str:
    return f"/c/{world.slug}/p/{world.projects[0]}"


def say(world: World, **changes: Any) -> None:
    world.do(describe, world.projects[0], changes, ACTOR, reviewing=True)


def target(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT target_minor FROM project ORDER BY id LIMIT 1")))


def test_a_village_says_what_a_sum_does_and_how_the_money_is_spent(reader: Reader, world: World) -> None:
    world.pot(500_00)
    whole = target(world)
    rows = [
        {"name": "灶台", "amount_minor": 1_00, "note": "砖自己拉"},
        {"name": "菜", "amount_minor": whole - 1_00},
    ]
    contact = {"name": "李秀英", "role": "村妇联主席", "phone": "0379-6391 2345", "consented": True}
    say(world, unit="顿热午饭", unit_price_minor=5_00, budget=rows, contact=contact)
    page = reader.open(page_of(world))
    assert page.count("<path fill-rule") == 20, "ten of the donor, ten of the match"
    shown = text(page)
    assert "50 元能做什么" in shown and "再加 10 顿热午饭" in shown
    assert "灶台 砖自己拉 1" in shown and "村妇联主席 李秀英" in shown
    assert 'href="tel:037963912345"' in page
    assert "What 50 yuan can do" in text(reader.open(f"{page_of(world)}?lang=en"))


def test_without_a_word_of_the_village_there_is_no_empty_part(reader: Reader, world: World) -> None:
    page = reader.open(page_of(world))
    assert "能做什么" not in page and "钱怎么花" not in page and "tel:" not in page


def test_the_event_shows_the_newest_letter_of_a_village(reader: Reader, world: World) -> None:
    assert "村里来信" not in reader.open(f"/c/{world.slug}")
    first, second = world.projects[0], world.projects[1]
    day = date(2026, 11, 20)
    world.do(news.add_news, first, NewsText(day, HOSTILE, "砖是自己拉的。"), ACTOR)
    world.do(news.add_news, second, NewsText(day - timedelta(days=1), "定了菜单"), ACTOR)
    page = reader.open(f"/c/{world.slug}")
    assert (
        page.count("村里来信") == 1 and "砖是自己拉的。" in page and "定了菜单" not in page and HOSTILE not in page
    )
    assert f'href="{page_of(world)}#news-title"' in page
    newest = world.do(lambda tx: tx.scalar("SELECT id FROM project_news ORDER BY happened_on DESC LIMIT 1"))
    world.do(news.hide_news, first, newest, "not about the village", ACTOR)
    page = reader.open(f"/c/{world.slug}")
    assert "定了菜单" in page and "砖是自己拉的。" not in page


def test_a_project_and_an_event_can_be_passed_on_without_a_script(reader: Reader, world: World) -> None:
    for page in (page_of(world), f"/c/{world.slug}"):
        for language in ("zh", "en"):
            assert f'href="{page}/poster.{language}.png" data-share' in reader.open(f"{page}?lang={language}")


def test_text_of_managers_is_escaped(reader: Reader, world: World) -> None:
    rows = [{"name": HOSTILE, "amount_minor": target(world), "note": HOSTILE}]
    contact = {"name": HOSTILE, "role": HOSTILE, "phone": "0379-63912345", "consented": True}
    say(world, unit=HOSTILE, unit_price_minor=5_00, unit_note=HOSTILE, budget=rows, contact=contact)
    assert HOSTILE not in reader.open(page_of(world))


@pytest.mark.parametrize(
    ("price_minor", "expected"),
    [
        (None, None),
        (5_00, Worth(50_00, 10, True, False)),
        (7_00, Worth(50_00, 7, False, False)),
        (300_00, Worth(500_00, 1, False, False)),
        (8_000_00, Worth(8_000_00, 1, True, False)),
        (1, Worth(50_00, 5_000, True, False)),
    ],
)
def test_the_smallest_usual_sum_that_buys_one(price_minor: int | None, expected: Worth | None) -> None:
    page = ProjectPage("份", price_minor, "", (), None, [], [], None, [], [], [])
    assert worth(page, [], matching=True) == expected
    assert expected is None or expected.drawn <= 10


def test_no_second_row_while_no_pot_would_double_the_sum(reader: Reader, world: World) -> None:
    world.pot(49_99)
    say(world, unit="顿热午饭", unit_price_minor=5_00)
    assert "再加" not in reader.open(page_of(world))


def test_a_manager_fills_in_the_form(manager: Reader, world: World) -> None:
    where = f"/console/projects/{world.projects[0]}"
    manager.open(where)
    whole = target(world) // 100
    typed: dict[str, Any] = {
        "unit": "顿热午饭",
        "unit_price_minor": "5",
        "budget_name": ["灶台", "菜", ""],
        "budget_amount": ["1", "x", ""],
        "budget_note": ["", "", ""],
    }
    page = manager.send("/description", **typed, **{"contact.name": "李秀英", "contact.phone": "0379-63912345"})
    assert 'id="fault-budget.1"' in page and "顿热午饭" in page
    page = manager.send("/description", budget_amount=["1", str(whole - 2), ""])
    assert "须先征得本人同意" in page
    page = manager.send("/description", **{"contact.consented": "yes"})
    assert "应等于目标金额" in page
    page = manager.send("/description", budget_amount=["1", str(whole - 1), ""], **{"contact.consented": "yes"})
    assert "项目页的内容已保存。" in page
    assert "李秀英" in manager.open(page_of(world))


def test_the_stars_of_an_evaluation_are_public_once_the_project_is_evaluated(reader: Reader, world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE project SET rating = 4"))
    assert "评估" not in reader.open(page_of(world))
    world.do(lambda tx: tx.run("UPDATE project SET status = 'evaluated'"))
    assert "评估 4 星" in text(reader.open(page_of(world)))
