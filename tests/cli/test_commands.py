"""What is done from a terminal."""

import csv
import io
from datetime import datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from app.demo.accounts import CITY, COUNTY_MANAGER, EVENT_MANAGER, FINANCE, LOGINS, REVIEWER, SECOND_FINANCE
from campaigns.closing.reconciliation.three_sides import sides
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.accounts import find_by_login
from campaigns.network.people import caller_of, sign_in
from campaigns.network.tokens import caller_of_token
from campaigns.screening.cases import count_open_cases
from campaigns.waiting import Work, waiting
from kernel.clock import SHANGHAI, local_day
from kernel.db import Database, Tx
from payments.partners.partner_secrets import secret_of
from tests.api.client import PRODUCTION, application
from tests.cli.conftest import Terminal
from tests.world import TREE, VILLAGES, World


def test_books_that_hold(terminal: Terminal, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give())
    output = terminal.ok("check-books")
    assert output.startswith("books hold:")
    assert output.count("\n") == 1


def test_books_that_do_not_hold_are_named(terminal: Terminal, world: World) -> None:
    donation = world.pay(world.give())
    world.do(lambda tx: tx.run("UPDATE donation SET refunded_minor = 1 WHERE id = :id", id=donation.id))
    result = terminal.run("check-books")
    assert result.exit_code == 1
    assert "receipts_equal_donations" in result.stdout


@pytest.mark.parametrize(("lang", "headings"), [("zh", "编号 状态 期限 申请人 事项"), ("en", "Number State")])
def test_approvals_are_listed_in_the_chosen_language(
    terminal: Terminal, world: World, lang: str, headings: str
) -> None:
    assert " ".join(terminal.ok("approvals", "list", "--lang", lang).split()).startswith(headings)


@pytest.mark.parametrize(
    ("lang", "word"), [("zh", "配捐：预留 0.00 元，已确认 60.00 元"), ("en", "60.00 yuan captured")]
)
def test_a_donation_is_explained(terminal: Terminal, world: World, lang: str, word: str) -> None:
    world.pot(60_00, name="第一池")
    donation = world.pay(world.give(100_00))
    output = terminal.ok("explain", str(donation.id), "--lang", lang)
    assert word in output
    assert "第一池" in output
    assert "(paid)" in output
    assert "payment_succeeded" not in output, "codes are turned into words"


def test_an_unknown_donation_cannot_be_explained(terminal: Terminal) -> None:
    terminal.refused("donation_unknown", "explain", str(uuid4()))
    assert terminal.run("explain", "x").exit_code == 2


def test_jobs_are_listed_and_run(terminal: Terminal, world: World) -> None:
    donation = world.give()
    world.tell("payment_intent.succeeded", world.intent(donation))
    assert terminal.ok("jobs", "run", "process-inbox") == "events_processed=1\n"
    assert terminal.ok("jobs", "run", "process-inbox") == "nothing was due\n"
    assert world.view(donation).status == "paid"
    lines = {line.split()[0]: line for line in terminal.ok("jobs").splitlines()}
    assert set(lines) >= {"process-inbox", "expire", "refunds", "close", "check"}
    assert lines["process-inbox"].endswith("events_processed=1")
    assert " - " in lines["close"]  # never ran
    assert terminal.ok("jobs", "run", "check") == "faults=0\n"
    terminal.refused("job_unknown", "jobs", "run", "dance")


def test_time_travel_is_for_demos_only(terminal: Terminal, world: World, database_url: str) -> None:
    later = (world.clock.at + timedelta(hours=9)).isoformat()
    assert terminal.ok("jobs", "run", "close", "--at", later).startswith("steps_made=")
    assert world.phase() == "settling"
    assert "--at" in terminal.refused("time_invalid", "jobs", "run", "close", "--at", "soon")
    live = Terminal(application(database_url, world.deps, **{**PRODUCTION, "DATABASE_URL": database_url}))
    live.refused("production", "jobs", "run", "close", "--at", later)


def test_access_is_given(terminal: Terminal, world: World) -> None:
    output = dict(
        line.split(": ") for line in terminal.ok("users", "create", "Lin", "--role", "manager").splitlines()
    )
    assert world.do(sign_in, "lin", output["password"]).role == "manager"
    in_a_week = (world.clock.at + timedelta(days=7)).astimezone(SHANGHAI)
    assert output["valid until"].startswith(f"{in_a_week:%Y-%m-%d %H:%M}")
    terminal.refused("login_used", "users", "create", "lin", "--role", "auditor")
    secret = terminal.ok("partners", "create", "teahouse", "--project", "P000001").strip()
    assert world.do(secret_of, world.deps.keys, "teahouse") == secret
    terminal.refused("partner_exists", "partners", "create", "teahouse")


def test_a_token_is_made_listed_and_revoked(terminal: Terminal, app: Flask, world: World) -> None:
    token = terminal.ok("tokens", "create", "--role", "finance", "--label", "bank").strip()
    terminal.ok("tokens", "create", "--role", "auditor", "--label", "supervisors")
    assert world.do(caller_of_token, token).role == "finance"
    browser = app.test_client()
    assert browser.get("/api/v1/funds", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    newer, older = (line.split() for line in terminal.ok("tokens", "list").splitlines())
    assert (newer[1:4], newer[-1]) == (["auditor", "all", "active"], "supervisors")
    assert (older[1:4], older[-1]) == (["finance", "all", "active"], "bank")
    assert token not in terminal.ok("tokens", "list")

    for _ in range(2):
        assert terminal.ok("tokens", "revoke", older[0]) == f"token {older[0]} is revoked\n"
    assert world.do(caller_of_token, token) is None
    refused = browser.get("/api/v1/funds", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.get_json()["code"]) == (401, "token_invalid")
    newer, older = (line.split() for line in terminal.ok("tokens", "list").splitlines())
    assert (newer[3], older[3]) == ("active", "revoked")
    terminal.refused("token_unknown", "tokens", "revoke", "404")
    terminal.refused("token_unknown", "tokens", "revoke", str(2**63))
    assert terminal.run("tokens", "revoke", "x").exit_code == 2
    assert terminal.run("tokens", "create", "--role", "king").exit_code == 2


def test_a_token_of_a_branch_acts_only_there(terminal: Terminal, app: Flask) -> None:
    token = terminal.ok("tokens", "create", "--role", "liaison", "--branch", "4101", "--label", "tablet").strip()
    [line] = terminal.ok("tokens", "list").splitlines()
    assert line.split()[1:4] == ["liaison", "4101", "active"]
    terminal.refused("token_terms_invalid", "tokens", "create", "--role", "liaison", "--branch", "nowhere")

    browser = app.test_client()
    bearer = {"Authorization": f"Bearer {token}"}
    body = {"name": "灯", "tier": "micro", "summary": "午餐", "target_minor": 100_000, "currency": "CNY"}
    outside, inside = (
        browser.post("/api/v1/projects", json={**body, "organisation": village}, headers=bearer)
        for village in (VILLAGES[2], VILLAGES[0])
    )
    assert outside.status_code in (403, 404), outside.text
    assert inside.status_code == 201, inside.text
    assert browser.post(f"/api/v1/projects/{inside.json['id']}/submit", headers=bearer).status_code == 200


def test_the_network_is_imported_or_refused_whole(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(TREE + "41020102,龙王村,village,410201\n")
    output = terminal.ok("import-network", str(file), "--lang", "en")
    assert output == "9 organisations: 1 new, 0 renamed, 8 unchanged\n"
    file.write_text(TREE + "41020103,好村,village,410201\nx y,坏村,village,410201\n41020104,孤村,village,nowhere\n")
    output = terminal.refused("import_invalid", "import-network", str(file))
    assert "line 11" in output
    assert "line 12" in output
    file.write_bytes(b"code,name\xff")
    terminal.refused("import_invalid", "import-network", str(file))
    assert terminal.run("import-network", str(tmp_path / "none.csv")).exit_code == 2


def test_a_statement_of_an_unknown_partner(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_text("x")
    terminal.refused("partner_unknown", "import-statement", "nobody", str(file))


def test_exports_hold_no_person_and_no_formula(terminal: Terminal, world: World) -> None:
    world.pot(60_00)
    donation = world.pay(world.give(100_00, email="a@example.org", team="=1+1"))
    output = terminal.ok("export", "donations", "day")
    (row,) = csv.DictReader(io.StringIO(output.removeprefix("\ufeff")))
    assert row["id"] == str(donation.id)
    assert (row["amount_minor"], row["matched_minor"], row["team"]) == ("10000", "6000", "'=1+1")
    assert "example.org" not in output
    terminal.refused("campaign_unknown", "export", "donations", "nix")


def test_the_schema_and_the_demo_event(db: Database, world: World, terminal: Terminal) -> None:
    """Its gifts are real, and of two days: the books hold, each match replays, and the statement agrees. Work waits
    for each role, but the demo event waits for nobody. Seeding again changes nothing. Half an hour after midnight
    in Shanghai, "three hours ago" is another day."""
    world.clock.at = datetime.combine(local_day(world.clock.at), time(0, 30), SHANGHAI)
    terminal.ok("db-upgrade")
    printed = terminal.ok("seed")
    assert terminal.ok("seed") == printed
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM campaign WHERE slug = 'demo'")) == 1
    assert all(login in printed for login in LOGINS)
    assert "books hold" in terminal.ok("check-books")
    terminal.ok("replay-matching", "demo")
    terminal.ok("replay-matching", "luanchuan")
    world.do(_work_waits_for_each_role)
    gifts = world.do(lambda tx: tx.rows("SELECT channel, count(*) FROM donation GROUP BY 1 ORDER BY 1"))
    assert [row[0] for row in gifts] == ["partner", "web"] and sum(row[1] for row in gifts) > 50
    differing = "SELECT count(*) FROM discrepancy i JOIN campaign c ON c.id = i.campaign_id WHERE c.slug = 'demo'"
    assert world.do(lambda tx: tx.scalar(differing)) == 0
    [stripe] = [side for side in world.do(sides) if side.provider == "stripe"]
    assert stripe.apart_minor == stripe.open_minor != 0, "its differences explain what it holds beyond the books"


def _work_waits_for_each_role(tx: Tx) -> None:
    accounts = [caller_of(find_by_login(tx, login)) for login in LOGINS]
    callers = [caller._replace(branch_code=None) if caller.branch_code == CITY else caller for caller in accounts]
    seen = {caller.name: {line.work for line in waiting(tx, caller)} for caller in callers}
    assert seen[REVIEWER] == {Work.PROJECTS, Work.CASES, Work.APPEALS}
    money = {Work.DISCREPANCIES, Work.PAYMENTS, Work.PLEDGES, Work.GOODS, Work.AGREEMENTS}
    assert seen[FINANCE] == {*money, Work.RECEIPTS, Work.REFUND_REQUESTS, Work.MESSAGES}
    assert seen[SECOND_FINANCE] == seen[FINANCE] | {Work.APPROVAL}
    elsewhere = {Work.SPENDINGS, Work.PAYOUT_PLANS, Work.DUTIES, Work.OBJECTIONS, Work.STATIONS, Work.PARTNER_SUMS}
    assert seen[EVENT_MANAGER] == set(Work) - elsewhere
    assert Work.CASES in seen[COUNTY_MANAGER] and Work.MESSAGES not in seen[COUNTY_MANAGER]
    assert count_open_cases(tx, find_campaign(tx, "demo").id or 0) == 0


def test_without_a_database_a_command_says_so(world: World) -> None:
    lost = application("", world.deps)
    result = lost.test_cli_runner().invoke(args=["check-books"])
    assert result.exit_code == 1
    assert result.stderr.startswith("database_unset")
