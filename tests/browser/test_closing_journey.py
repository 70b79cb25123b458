"""From the differences of an event to the voucher of what was bought, on the demo's rehearsal: finance settles and
signs, a second person approves, the notice appears, an objection is answered, the money is released, divided, paid
out and marked paid by the bank's statement, a liaison spends with a photo, an auditor follows a gift."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.demo import accounts, rehearsal
from app.demo.projects import first_place
from app.jobs.registry import JOBS
from campaigns.accounting.book import book
from campaigns.check import check_books
from campaigns.dependencies import Dependencies, SecondPerson
from campaigns.funds import deposits, funds
from campaigns.network import import_tree, tree_file
from campaigns.network.data import luoyang
from embedded.process import free_port
from kernel.clock import FixedClock, local_day
from kernel.db import Database
from tests.api.client import application
from tests.browser.conftest import PHONE, _context
from tests.browser.steps import start_session
from tests.cashier import cashier
from tests.offline import offline_deps
from tests.payments.servers import Server
from tests.projects.photos import photo

__all__ = ["cashier"]

PASSWORD = "rehearsed-together"
DESK = {"width": 1440, "height": 900}
SLUG = rehearsal.SLUG


class Site:
    """The application in this process, with a clock that the test moves, and its jobs."""

    def __init__(self, deps: Dependencies, clock: FixedClock, chromium: Browser, url: str) -> None:
        self.deps, self.clock, self.url = deps, clock, url
        self._chromium, self._open = chromium, ExitStack()

    def person(self, login: str, size: dict[str, int]) -> Page:
        """Somebody at a browser of their own; signed in, unless they are a visitor."""
        page = self._open.enter_context(_context(self._chromium, viewport=size)).new_page()
        if login:
            start_session(page, self.url, login, PASSWORD)
        return page

    def minutes_later(self, minutes: float) -> None:
        """Let time pass; the jobs run as often as they would."""
        for _ in range(round(minutes * 4)):
            self.clock.advance(seconds=15)
            for job in ("close", "rehearsal", "process-inbox", "allot"):
                JOBS[job].work(self.deps)

    def do(self, act: Any, *args: Any) -> Any:
        with self.deps.db.transaction() as tx:
            return act(tx, *args)

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def site(db: Database, database_url: str, clock: FixedClock, cashier: Server, chromium: Browser) -> Iterator[Site]:
    port = free_port()
    deps = replace(
        offline_deps(db, cashier.gateway()),
        second_person=SecondPerson(True),
        demo=True,
    )
    app = application(database_url, deps, BEISHAN_SANDBOX="1", PUBLIC_URL=f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    rehearsed = Site(deps, clock, chromium, f"http://127.0.0.1:{port}")
    rehearsed.do(lambda tx: import_tree.import_tree(tx, tree_file.read(luoyang()), "test"))
    rehearsed.do(
        lambda tx: accounts.make_accounts(
            tx, PASSWORD, accounts.colleagues(first_place(tx, accounts.COUNTY)), "test"
        )
    )
    fund = rehearsed.do(funds.create, "演练基金", "special", "test")
    rehearsed.do(deposits.deposit, fund, 1_000_00, "CNY", "REHEARSAL", "test")
    rehearsal.prepare(deps, fund, clock.at)
    yield rehearsed
    rehearsed.close()
    server.shutdown()
    thread.join()


def said(page: Page, words: str) -> None:
    expect(page.locator("[role=status], [role=alert]").first).to_contain_text(words)


def test_from_the_differences_of_an_event_to_the_voucher_of_what_was_bought(site: Site) -> None:
    site.minutes_later(6)
    finance, second = (site.person(login, DESK) for login in (accounts.FINANCE, accounts.SECOND_FINANCE))
    settle_and_sign(site, finance, second)
    object_and_reply(site)
    pay_out(site, finance, second)
    spend_and_check(site, finance)
    follow_a_gift(site)
    with site.deps.db.snapshot() as tx:
        assert check_books(tx) == []


def settle_and_sign(site: Site, finance: Page, second: Page) -> None:
    """The platform's bill has another amount, lacks a gift, and has one of 12,000 yuan that we were never told."""
    finance.goto(f"{site.url}/console/")
    finance.get_by_role("listitem").filter(has_text="3 条对账差异").get_by_role("link", name="查原因").click()
    for cause, reason in (
        ("金额不符", "平台更正了金额，以平台为准"),
        ("我方有、对方无", "平台下一日账单补列"),
        ("对方有、我方无", "企业直接捐给平台，没有推送"),
    ):
        row = finance.locator("tbody tr", has=finance.get_by_role("textbox")).filter(has_text=cause)
        row.get_by_label("原因").fill(reason)
        row.get_by_role("button", name="签字确认").click()
        said(finance, "等第二个人批准" if cause == "对方有、我方无" else "已签字")
    expect(finance.locator("tbody").get_by_role("link", name="等第二个人批准")).to_be_visible()
    second.goto(f"{site.url}/console/approvals")
    second.get_by_role("button", name="批准并执行").click()
    expect(second.get_by_text("没有待批准的事项").or_(second.locator(".chip").first)).to_be_visible()
    site.minutes_later(0.25)


def object_and_reply(site: Site) -> None:
    """The notice runs; a visitor objects, and the match waits until the host has replied."""
    visitor = site.person("", PHONE)
    visitor.goto(f"{site.url}/public/c/{SLUG}")
    expect(visitor.locator("main")).to_contain_text("正式结果")
    visitor.get_by_role("link", name="公示异议").click()
    visitor.get_by_label("哪里不对，为什么").fill("本村少了一笔企业捐赠。")
    visitor.get_by_role("button", name="提交").click()
    said(visitor, "已收到")
    site.minutes_later(4)
    host = site.person(accounts.EVENT_MANAGER, DESK)
    host.goto(f"{site.url}/console/")
    host.get_by_role("link", name="去答复").click()
    host.get_by_label("摘要").fill("有人认为少计一笔企业捐赠。")
    host.get_by_label("答复（公布）").fill("该笔平台没有推送，已记暂记款，核实后更正。")
    host.get_by_role("button", name="答复并公布").click()
    said(host, "已答复")
    visitor.reload()
    expect(visitor.locator("main")).to_contain_text("核实后更正")
    site.minutes_later(0.5)


def pay_out(site: Site, finance: Page, second: Page) -> None:
    """The money is divided; finance plans, another approves, the bank's statement marks it as paid."""
    finance.goto(f"{site.url}/console/campaigns/{SLUG}/payouts")
    finance.get_by_role("button", name="生成拨付计划").click()
    said(finance, "等另一个人批准")
    second.goto(f"{site.url}/console/")
    second.get_by_role("listitem").filter(has_text="拨付计划").get_by_role("link", name="看后决定").click()
    second.locator("tbody").first.get_by_role("link").first.click()
    second.get_by_role("button", name="批准", exact=True).click()
    said(second, "已批准")
    finance.locator("tbody").first.get_by_role("link").first.click()
    finance.get_by_role("button", name="生成付款文件").click()
    said(finance, "付款文件已生成")
    with finance.expect_download() as file:
        finance.get_by_role("link", name="下载 pain.001").click()
    assert b"pain.001.001.09" in file.value.path().read_bytes()
    site.minutes_later(0.5)
    finance.reload()
    expect(finance.locator("tbody .chip")).to_have_text(["已付款", "已付款"])


def spend_and_check(site: Site, finance: Page) -> None:
    """A liaison enters on a phone what was bought, with a photo of the invoice; finance checks it."""
    liaison = site.person(accounts.LIAISON, PHONE)
    liaison.goto(f"{site.url}/console/projects")
    liaison.get_by_role("main").get_by_role("link", name="支出").click()
    liaison.get_by_text("登记一笔支出").click()
    liaison.get_by_label("金额（元）").fill("66.60")
    liaison.get_by_label("用途").fill("老人床铺棉被三套")
    rows = liaison.get_by_role("group", name="预算项").get_by_role("radio")
    expect(rows.and_(liaison.locator(":checked"))).to_have_count(0)  # each row is chosen by the person
    rows.first.check()
    liaison.get_by_label("单据号").fill("NO. 0042")
    picture = {"name": "invoice.jpg", "mimeType": "image/jpeg", "buffer": photo((1200, 1600))}
    liaison.get_by_label("凭证照片").set_input_files(picture)  # type: ignore[arg-type]
    liaison.get_by_role("button", name="登记支出").click()
    said(liaison, "等财务核对")
    finance.goto(f"{site.url}/console/")
    finance.get_by_role("listitem").filter(has_text="笔支出等核对").get_by_role("link").click()
    finance.locator("section.card a").first.click()
    finance.get_by_role("button", name="核对无误").click()
    said(finance, "已核对")


def follow_a_gift(site: Site) -> None:
    """An auditor follows a gift of that project, from its payment to the photo of the invoice."""
    book(site.deps, accounts.FINANCE, local_day(site.clock.at))
    auditor = site.person(accounts.AUDITOR, DESK)
    auditor.goto(f"{site.url}/console/donations?campaign={SLUG}")
    auditor.locator("tbody a").first.click()
    auditor.get_by_role("link", name="款项去向").click()
    for stage in auditor.locator(".trail > li").all():
        expect(stage).to_have_class("done")
    auditor.get_by_role("link", name="老人床铺棉被三套").click()
    expect(auditor.locator("img")).to_be_visible()
