"""Vouchers through API, console and files."""

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.console.books import accounting
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.web.reader import PASSWORD, Reader
from tests.world import World


def test_finance_makes_reads_and_exports_vouchers(api: Api, world: World) -> None:
    world.pot(300_00)
    world.pay(world.give(100_00))
    key = {"Authorization": f"Bearer {api.token('finance')}", "Idempotency-Key": '"run-1"'}
    sent: Any = {"json": {"through": "2026-09-09"}, "headers": key}
    booked: Any = api.http.post("/api/v1/accounting/runs", **sent)
    assert booked.status_code == 201, booked.text
    assert api.http.post("/api/v1/accounting/runs", **sent).json == booked.json
    vouchers: Any = api.manage("/accounting/vouchers?period=2026-09", status=200, method="GET", role="auditor")
    assert len(vouchers) == booked.json["vouchers"]
    received = next(row for row in vouchers if row["kind"] == "donation_received")
    detail: Any = api.manage(f"/accounting/vouchers/{received['id']}", status=200, method="GET")
    assert [(line["code"], line["debit_minor"], line["credit_minor"]) for line in detail["lines"]] == [
        ("1009", 100_00, 0),
        ("410102", 0, 100_00),
    ]
    behind: Any = api.manage(f"/accounting/vouchers/{received['id']}/transfers", status=200, method="GET")
    assert [row["amount_minor"] for row in behind] == [100_00]
    assert behind[0]["donation"] and behind[0]["project_code"]

    file = api.get("/accounting/periods/2026-09/vouchers.csv", api.token("finance"))
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
    totals = [sum(float(row[side] or 0) for row in rows) for side in ("借方金额（元）", "贷方金额（元）")]
    assert totals[0] == totals[1] == sum(row["amount_minor"] for row in vouchers) / 100
    balances: Any = api.manage("/accounting/periods/2026-09/trial-balance", status=200, method="GET")
    assert sum(row["closing_minor"] for row in balances) == 0


def test_invalid_periods_and_charts_are_refused_and_change_nothing(api: Api, world: World) -> None:
    world.pay(world.give(100_00))
    token = api.token("finance")
    problem(api.post("/accounting/runs", {"through": "2026-02-30"}, token), 422, "validation_failed")
    problem(api.post("/accounting/periods/2026-09/close", None, token), 409, "period_running")
    problem(api.post("/accounting/periods/x/close", None, token), 422, "period_invalid")
    problem(api.get("/accounting/periods/2026-99/vouchers.csv", token), 422, "period_invalid")
    problem(api.get("/accounting/vouchers/999", token), 404, "voucher_unknown")
    account = {"kind": "bank", "code": "10", "name": "x"}
    problem(api.post("/accounting/chart", {"accounts": [account], "reason": "x"}, token), 422, "chart_invalid")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM voucher")) == 0
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM chart_version")) == 0


def test_the_books_of_the_federation_are_not_those_of_a_county(api: Api, world: World) -> None:
    county = world.do(create_token, "finance", "county", branch_code="4101")
    problem(api.get("/accounting/vouchers", county), 403, "not_permitted")
    problem(api.post("/accounting/runs", {}, county), 403, "not_permitted")
    problem(api.post("/accounting/runs", {}, api.token("auditor")), 403, "not_permitted")


def test_the_pages_show_what_the_api_says(http: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.pay(world.give(100_00))
    world.do(create_manager, "finance", PASSWORD, "finance", "test")
    reader = Reader(http, world)
    reader.sign_in("finance")
    reader.open("/console/vouchers")
    reader.send("/console/vouchers/runs")
    page = reader.open("/console/vouchers?period=2026-09")
    assert "收到捐款，共 1 笔" in page
    assert "记-1" in page
    page = http.get("/console/vouchers/1").text
    assert "银行存款" in page and "只列出前" not in page
    monkeypatch.setattr(accounting, "MOST_LINES", 1)
    page = http.get("/console/vouchers/1").text
    assert "只列出前 1 条分录，共 2 条" in page and "/console/vouchers/2026-09/vouchers.xlsx" in page
    for name in ("vouchers.csv", "vouchers.xlsx", "trial-balance.csv", "trial-balance.xlsx"):
        assert http.get(f"/console/vouchers/2026-09/{name}").status_code == 200
    assert http.get("/console/vouchers/99").status_code == 404
    assert "410102" in http.get("/console/chart").text


def test_a_month_is_closed_after_a_confirmation(http: FlaskClient, world: World) -> None:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    world.clock.advance(days=31)
    reader = Reader(http, world)
    reader.sign_in("boss")
    page = reader.open("/console/vouchers?period=2026-09")
    assert "不能撤销结账" in page and "确认结账" in page
    page = reader.send("/vouchers/close")
    assert "2026-09 已结账" in page and "确认结账" not in page
