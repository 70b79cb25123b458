"""A platform from its registration to its end, on one site: staff at a browser, its engineer with the example
client as a process."""

import json
import sys
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from campaigns.network.people import create_manager
from kernel.clock import FixedClock, local_day
from tests.api.client import application
from tests.browser.conftest import _context
from tests.browser.steps import start_session
from tests.partners.engineer import Engineer, bill
from tests.partners.outside import ROOT, run, served
from tests.partners.test_corrected_lines import open_differences
from tests.partners.test_corrected_lines import upload as send_corrections
from tests.web.reader import PASSWORD
from tests.world import World

NAME, DESK = "newcomer", {"width": 1440, "height": 900}


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps, REDIS_URL="redis://127.0.0.1:9/0")


@pytest.fixture
def clock() -> FixedClock:
    """The client signs by the time of its machine."""
    return FixedClock(datetime.now(UTC))


def secret_on(page: Page) -> str:
    """The secret that is shown this once; then the page of the platform."""
    secret = page.locator("main code").inner_text()
    page.get_by_role("link", name="已经保存好").click()
    return secret


def test_from_the_first_event_to_a_bill_that_both_see(app: Flask, world: World, chromium: Browser) -> None:
    """Staff register a platform; its engineer passes the check list; it goes live, sends a day and uploads a bill
    with three faults; both see the same differences in its own ids, and correcting lines end them all; the platform
    ends."""
    world.pot(1_000_00)
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    code = str(world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0])))
    with served(app) as url, _context(chromium, viewport=DESK) as context:
        staff = context.new_page()
        start_session(staff, url, "staff", PASSWORD)
        staff.goto(f"{url}/console/partners")
        staff.get_by_label("平台名称").fill("新平台")
        staff.get_by_label("代号").fill(NAME)
        staff.get_by_label("先测试").check()
        staff.get_by_role("button", name="登记并显示签名密钥").click()
        secret = secret_on(staff)
        assert secret.startswith("whsec_test_")

        client = str(ROOT / "examples" / "partner_client.py")
        output = run(sys.executable, client, f"{url}/webhooks/partners/{NAME}", code, SECRET=secret)
        checks = json.loads(output[output.rindex("{") :])
        assert len(checks) == 6 and all(checks.values()), output
        world.settle()
        assert world.totals().donations == 0, "it was only a test"

        staff.reload()
        expect(staff.get_by_text("还没有", exact=True)).to_have_count(0)
        staff.get_by_role("button", name="上线").click()
        engineer = Engineer(app.test_client(), world, secret_on(staff), NAME)
        engineer.send(*(engineer.paid(number) for number in range(6)))
        world.settle()
        assert world.totals().donations == 6

        taken = upload(engineer, world)
        theirs = {(row["cause"], row["donation_id"]) for row in taken["differences"]}
        assert theirs == {("amount", "T-3"), ("missing_here", "X"), ("missing_there", "T-5")}
        staff.reload()
        staff.get_by_role("link", name=local_day(world.clock.at).isoformat()).click()
        rows = staff.locator("tbody tr")
        expect(rows).to_have_count(len(theirs))
        shown = {row.locator("th").inner_text() for row in rows.all()}
        assert shown == {donation for _, donation in theirs}

        corrected = send_corrections(
            engineer,
            ("L3a", "charge", "T-3", 5_00, 0, "L3"),
            ("LXa", "charge", "X", -3_00, 0, "LX"),
            ("L5", "charge", "T-5", 25_00, 0, ""),
        )
        assert (corrected["imported"], corrected["differences"], open_differences(world)) == (True, [], [])
        staff.reload()
        expect(staff.get_by_text("账单与消息一致")).to_be_visible()

        staff.get_by_role("link", name="新平台").click()
        staff.get_by_text("结束（不再接收）").click()
        staff.get_by_role("button", name="确认结束").click()
        expect(staff.locator("h1 .chip")).to_have_text("已结束")
        assert engineer.call("/health").status_code == 401
    world.check()


def upload(engineer: Engineer, world: World) -> dict[str, list[dict[str, str]]]:
    """A bill with three faults, which is refused and names their lines; then the right one."""
    at = world.clock.at.isoformat()
    rows = [(f"L{n}", "charge", f"T-{n}", 25_00, 0) for n in range(4)]
    lines = [("L0", "charge", "T-4", 25_00, 0), ("L8", "present", "T-4", 25_00, 0), ("L9", "charge", "T-5", -1, 0)]
    refused = engineer.call("/bill?confirm=1", bill(*rows, *lines, at=at)).get_json()
    assert (refused["imported"], {fault["line"] for fault in refused["faults"]}) == (False, {6, 7, 8})
    right = [
        *rows[:3],
        ("L3", "charge", "T-3", 20_00, 0),
        ("L4", "charge", "T-4", 25_00, 0),
        ("LX", "charge", "X", 3_00, 0),
    ]
    taken: dict[str, list[dict[str, str]]] = engineer.call("/bill?confirm=1", bill(*right, at=at)).get_json()
    assert taken["imported"]
    return taken
