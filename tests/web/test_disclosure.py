"""Statements that everybody may read: they equal the books to the fen."""

import csv
import io

from campaigns.closing.models import ClosingReport
from campaigns.closing.report import write_report
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.transitions import transition
from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from tests.web.reader import Reader, text
from tests.world import ACTOR, SLUG, World


def rows_of(reader: Reader, query: str = "") -> list[list[str]]:
    response = reader.http.get(f"/public/c/day.csv{query}")
    assert response.status_code == 200 and response.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"))))


def three_donations(world: World) -> None:
    world.pot(500_00)
    world.pay(world.give(100_00, project=0))
    world.pay(world.give(50_01, project=1))
    world.refund(world.pay(world.give(30_00, project=2)), 10_00)


def test_the_table_adds_up_by_county_and_township(reader: Reader, world: World) -> None:
    three_donations(world)
    header, *rows, whole = rows_of(reader)
    assert header[-3:] == ["筹款（元）", "配捐（元）", "合计（元）"]
    assert [(row[0], row[3], *row[-3:]) for row in rows] == [
        ("县区", "栾川县", "150.01", "150.01", "300.02"),
        ("县区", "嵩县", "20.00", "20.00", "40.00"),
        ("乡镇街道", "庙子镇", "150.01", "150.01", "300.02"),
        ("乡镇街道", "车村镇", "20.00", "20.00", "40.00"),
    ]
    books = world.totals()
    assert whole[-3:] == ["170.01", "170.01", "340.02"]
    assert (books.raised_minor, books.matched_minor) == (170_01, 170_01)
    page = text(reader.open("/public/c/day"))
    assert "活动尚未结案" in page and "合计 170.01 170.01 340.02" in page
    assert 'aria-label="各县区的合计（元），数字见表"' in reader.page.text and "栾川县 300.02" in page, "the chart"


def test_the_file_has_an_english_header(reader: Reader, world: World) -> None:
    assert rows_of(reader, "?lang=en")[0] == [
        "Level",
        "Code",
        "County",
        "Name",
        "Raised (yuan)",
        "Matched (yuan)",
        "Total (yuan)",
    ]


def test_after_the_close_the_report_speaks_with_mark_and_hash(reader: Reader, world: World) -> None:
    three_donations(world)
    _close(world)
    with world.db.transaction() as tx:
        report = tx.get(ClosingReport, find_campaign(tx, "day").id)
        assert report is not None
    page = text(reader.open("/public/c/day"))
    assert "正式结果" in page and report.report_hash in page and f"第 {report.ledger_mark} 笔" in page
    assert "合计 170.01 170.01 340.02" in page


def _close(world: World) -> None:
    """On to the public notice, by the steps of closing that need no provider."""
    world.clock.advance(hours=8)
    with world.db.transaction() as tx:
        campaign = lock_campaign(tx, "day")
        for phase in (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING):
            transition(tx, campaign, phase, "test")
        write_report(tx, campaign)
        transition(tx, campaign, Phase.NOTICE, "test")


def test_standings_rank_totals_and_teams(reader: Reader, world: World) -> None:
    three_donations(world)
    world.pay(world.give(70_00, team="一队"))
    world.pay(world.give(70_00, team="没人看过的队"))
    world.team("一队")
    page = text(reader.open("/c/day/standings"))
    assert page.index("栾川县") < page.index("嵩县")
    page = text(reader.open("/c/day/standings?by=team"))
    assert "1 一队 70 " in page and "没人看过" not in page
    assert "栾川县" in text(reader.open("/c/day/standings?by=payment")), "what we do not rank by: by county"


def test_projects_without_a_township_are_listed_as_other(reader: Reader, world: World) -> None:
    with world.db.transaction() as tx:
        county = drafts.create(tx, NewProject("4101", "县级项目", "special", "午餐", 30_000_00), ACTOR).id
        transitions.submit(tx, county, ACTOR)
        transitions.approve(tx, county, ACTOR)
        add_entry(tx, SLUG, county, ACTOR)
    world.projects.append(county)
    world.pay(world.give(100_00, project=3))
    assert [row[3] for row in rows_of(reader)[1:3]] == ["栾川县", "（其他）"]
    assert "（其他）" in text(reader.open("/public/c/day"))
