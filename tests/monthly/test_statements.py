"""Monthly statements: every node once a month, numbered, frozen, equal to the books; corrections beside them."""

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from campaigns.monthly import reading
from campaigns.monthly.check import faults
from campaigns.monthly.publish import publish_statements
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from kernel.db import Tx
from kernel.paging import Page
from tests.api.client import Api, problem
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

ALL = Page(1, 1_000)


def _statement(world: World, node: str, month: str = "2026-09") -> dict[str, Any]:
    document: dict[str, Any] = world.do(reading.published, node, month).statement
    return document


def _september(world: World) -> int:
    """Gifts to two counties, one of them matched and one refunded; then October begins."""
    world.pot(60_00)
    world.pay(world.give(100_00, 0))
    world.pay(world.give(40_00, 1))
    world.refund(world.pay(world.give(20_00, 2)), 20_00)
    world.clock.advance(days=22)
    return publish_statements(world.deps)


def test_a_statement_has_what_came_in_was_matched_and_went_back(world: World) -> None:
    _september(world)
    city = _statement(world, "41")
    assert (city["opening_minor"], city["received_minor"], city["refunded_minor"]) == (0, 160_00, 20_00)
    assert city["closing_minor"] == world.totals().raised_minor + world.totals().matched_minor
    assert {line["name"] for line in city["lines"]} == {"栾川县", "嵩县"}
    county = _statement(world, "4101")
    assert county["received_minor"] == 140_00
    assert [fund["opening_minor"] for fund in city["funds"]] == [0]
    village = _statement(world, "41010101")
    assert len(village["lines"]) == 1
    world.check()


def test_each_month_is_published_once_and_numbered(world: World) -> None:
    assert publish_statements(world.deps) == 0
    assert _september(world) > 0
    assert publish_statements(world.deps) == 0
    world.clock.advance(days=61)  # two months, one of them without any movement
    publish_statements(world.deps)
    rows, _total = world.do(reading.statements, None, "41", ALL)
    assert [(row.month, row.number) for row in rows if row.organisation == "41"] == [
        ("2026-11", 3),
        ("2026-10", 2),
        ("2026-09", 1),
    ]
    october = _statement(world, "41", "2026-10")
    assert october["opening_minor"] == october["closing_minor"] == _statement(world, "41")["closing_minor"]
    world.check()


def test_a_refund_after_the_month_is_in_the_next_statement(world: World) -> None:
    world.pay(kept := world.give(100_00))
    world.clock.advance(days=22)
    publish_statements(world.deps)
    before = _statement(world, "41")
    world.refund(kept, 100_00)
    world.clock.advance(days=31)
    publish_statements(world.deps)
    assert _statement(world, "41") == before
    october = _statement(world, "41", "2026-10")
    assert (october["opening_minor"], october["refunded_minor"], october["closing_minor"]) == (100_00, 100_00, 0)
    world.check()


def test_published_statements_cannot_be_changed(world: World) -> None:
    _september(world)
    with pytest.raises(DBAPIError):
        world.do(lambda tx: tx.run("UPDATE monthly_statement SET number = 9"))

    def forge(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE monthly_statement SET statement = jsonb_set(statement, '{received_minor}', '1')")

    world.do(forge)
    with world.db.snapshot() as tx:
        assert {fault.split(":")[0] for fault in faults(tx)} == {"statements_are_as_published", "statements_add_up"}


def test_everybody_reads_them_and_finance_corrects_by_a_notice(api: Api, world: World) -> None:
    _september(world)
    rows = api.get("/monthly-statements?month=2026-09&under=4102").json
    assert rows and {row["organisation"][:4] for row in rows} == {"4102"}
    path = "/organisations/4102/monthly-statements/2026-09"
    before: Any = api.get(path).json
    assert before
    problem(api.post(f"{path}/corrections", {"text": "x"}), 401, "token_missing")
    ours = world.do(create_token, "finance", "other county", branch_code="4101")
    problem(api.post(f"{path}/corrections", {"text": "x"}, ours), 404, "organisation_unknown")
    api.manage(f"{path}/corrections", {"text": "<b>漏记一笔</b>，记入十月"}, role="finance")
    after: Any = api.get(path).json
    assert after == {**before, "corrections": after["corrections"]}
    assert [notice["text"] for notice in after["corrections"]] == ["<b>漏记一笔</b>，记入十月"]
    unknown_line = {"line": "none", "figure": "received_minor", "amount_minor": 1}
    refused = {"text": "x", "figures": [unknown_line]}
    finance = world.do(create_token, "finance", "city")
    problem(api.post(f"{path}/corrections", refused, finance), 422, "statement_correction_invalid")
    right = {"line": "410201", "figure": "received_minor", "amount_minor": 30_00}
    corrected: Any = api.manage(f"{path}/corrections", {"text": "多记了 10 元", "figures": [right]}, role="finance")
    assert corrected["statement"]["closing_minor"] == before["statement"]["closing_minor"] + 30_00 - 20_00
    assert api.http.get("/public/monthly/4102/2026-09/corrections/2.csv").status_code == 200
    assert api.http.get("/public/monthly/4102/2026-09/corrections/1.csv").status_code == 404
    assert corrected["hash"] in api.http.get("/public/monthly/4102/2026-09").text
    problem(api.get("/organisations/4102/monthly-statements/2026-10"), 404, "statement_unknown")
    page = api.http.get("/public/monthly/4102/2026-09").text
    assert "&lt;b&gt;漏记一笔" in page and before["hash"] in page


def test_pages_and_files_have_the_figures_of_the_books(http: FlaskClient, world: World) -> None:
    assert "还没有月报" in http.get("/public/monthly/").text
    _september(world)
    assert "嵩县" in http.get("/public/monthly/").text
    assert http.get("/public/monthly/?under=4102").status_code == 200
    file = http.get("/public/monthly/41/2026-09/statement.csv").text.removeprefix("\ufeff")
    whole = next(row for row in csv.DictReader(io.StringIO(file)) if row["类别"] == "合计")
    assert whole["捐款收入（元）"] == "160.00"
    assert http.get("/public/monthly/41/2026-09/statement.xlsx").status_code == 200
    assert http.get("/public/monthly/41/2027-09").status_code == 404
    assert http.get("/public/monthly/41%00/2026-09").status_code in (400, 404)
    world.do(create_manager, "finance", PASSWORD, "finance", "test")
    reader = Reader(http, world)
    reader.sign_in("finance")
    reader.open("/console/monthly")
    assert "更正说明已公示" in reader.send("/console/monthly/41/2026-09/corrections", text="漏记一笔")
    reader.open("/console/monthly/41/2026-09/figures")
    chosen = "/console/monthly/41/2026-09/figures?line=4101&figure=received_minor"
    reader.open(chosen)
    page = text(reader.send(chosen, verb="preview", amount_minor="130", reason="多记"))
    assert "从 140.00 更正为 130.00" in page and "上级的月报" not in page
    assert page.index("捐款收入（元） 从 140.00") < page.index("期末（元） 从"), "the cause before its effect"
    below = "/console/monthly/4101/2026-09/figures?line=410101&figure=received_minor"
    reader.open(below)
    page = text(reader.send(below, verb="preview", amount_minor="130", reason="多记"))
    assert "上级的月报不会跟着改，各自另作更正：洛阳市。" in page
    assert world.do(reading.published, "41", "2026-09").corrections[-1].hash is None
