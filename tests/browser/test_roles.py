"""The people of a federation work, each in their role, on a phone and at a desk: a liaison files a project,
a reviewer sends it back and approves it, a manager builds an event with two pots from it, finance refunds with a
second person, an auditor follows one fen. Each is refused what is not theirs: by the page, by its address, by a
changed id, by the API and by a token. One site for all of them, on which what is large waits for a second person.
Every page must fit both screens; the same journeys at a desk are for `make test-long` (`test_manager.py` and
`test_manager_alone.py` work at one).
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from campaigns.donations.donation_number import short_number_of
from embedded.process import wait_until
from tests.browser.office import Office, Programs, row
from tests.browser.steps import books_hold, schedule
from tests.browser.test_manager_alone import PLAN, said
from tests.stack import Stack, running

WIDTHS = (390, pytest.param(1440, marks=pytest.mark.long))
on_a_phone = pytest.mark.parametrize("office", [390], indirect=True)
TWO_PEOPLE = {"SECOND_PERSON": "on", "SECOND_PERSON_ABOVE_MINOR": "0", "DEMO_GIFTS": "40"}


@pytest.fixture(scope="module")
def federation() -> Iterator[Stack]:
    with running(**TWO_PEOPLE) as stack:
        yield stack


@pytest.fixture(scope="module", params=WIDTHS)
def office(chromium: Browser, federation: Stack, request: pytest.FixtureRequest) -> Iterator[Office]:
    """Everybody signs in once."""
    office = Office(chromium, federation, request.param)
    yield office
    office.close()


def approve_waiting(office: Office, login: str, words: str) -> None:
    """Let a second person approve what waits."""
    page = office.open(login, "approvals")
    card = page.locator("section.card", has_text=words).filter(has=page.get_by_role("button", name="批准并执行"))
    card.first.get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("status").first).to_be_visible()


def file_project(office: Office, name: str) -> None:
    """Let the liaison file a project and mend it when the reviewer sends it back; then it is approved."""
    liaison = office.open("demo-liaison", "projects/new")
    liaison.get_by_label("县区、乡镇或村的名称").fill("兴华路")
    liaison.locator("main").get_by_role("button", name="查找").click()
    liaison.get_by_label(re.compile("兴华路")).first.check()
    liaison.get_by_label("名称", exact=True).fill(name)
    liaison.get_by_label("村级微项目").check()
    liaison.get_by_label("目标金额（元）").fill("30000")
    liaison.get_by_role("button", name="保存草稿").last.click()
    said(liaison, "项目草稿已建立")
    office.fits(liaison)
    project = liaison.get_by_role("link", name=name).first
    review = f"{project.get_attribute('href')}/review".removeprefix("/console/")
    office.open("demo-liaison", review).get_by_role("button", name="提交评审").click()

    reviewer = office.open("demo-reviewer", review)
    reviewer.get_by_label("意见：要改什么").fill("写清楚装几盏灯")
    reviewer.get_by_role("button", name="退回修改").click()
    expect(reviewer.locator("h1 .chip")).to_have_text("草稿")

    liaison = office.open("demo-liaison", review)
    expect(liaison.locator("main")).to_contain_text("写清楚装几盏灯")
    liaison.get_by_label("简介").fill("村口到学校装十盏路灯。")
    liaison.get_by_role("button", name="保存", exact=True).click()
    office.open("demo-liaison", review).get_by_role("button", name="提交评审").click()

    reviewer = office.open("demo-reviewer", review)
    expect(reviewer.locator("main")).to_contain_text("装十盏路灯")
    reviewer.get_by_text("通过立项").click()
    reviewer.get_by_role("button", name="确认立项").click()
    expect(reviewer.locator("h1 .chip")).to_have_text("已立项")


def test_a_project_becomes_an_event_with_two_pots(federation: Stack, office: Office) -> None:
    name, slug = f"路灯{office.width}", f"lamps-{office.width}"
    file_project(office, name)
    page = office.open("demo-event", "new-campaign")
    page.get_by_label("名称", exact=True).fill(f"{name}活动")
    page.get_by_label("网址名").fill(slug)
    page.get_by_label("主办方").select_option(label="洛阳市")
    page.get_by_label("开始（北京时间）").fill("2026-01-01T09:00")
    page.get_by_label("结束（北京时间）").fill("2090-01-01T21:00")
    for label, words in PLAN.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="保存草稿").last.click()
    said(page, "活动草稿已建立")
    page = office.open("demo-event", f"campaigns/{slug}/entries?q={name}")
    page.get_by_role("button", name="加入全部 1 个").click()
    said(page, "1 个项目加入了活动")
    for rank, pot in enumerate(("先用的池", "后用的池"), 1):
        page = office.open("demo-event", f"campaigns/{slug}")
        page.get_by_role("link", name="新建配捐池").click()
        page.get_by_label("名称", exact=True).fill(pot)
        page.get_by_label("出资基金").select_option(index=rank)
        page.get_by_label("每笔配捐上限").fill("60")
        page.get_by_label("第 1 批金额（元）").fill("1000")
        page.get_by_role("button", name="预览").last.click()
        expect(page.locator(".preview")).to_contain_text("每捐 1 元配捐 1 元")
        page.get_by_role("button", name="确认建立").click()
        said(page, "配捐池已建立")
    page = office.open("demo-event", f"campaigns/{slug}")
    schedule(page)
    said(page, "活动已排期")

    # It is extended by two people, and a pot is paused.
    page = office.open("demo-event", f"campaigns/{slug}")
    page.get_by_text("延长活动").click()
    page.get_by_label("新的结束时间").fill("2091-01-01T21:00")
    page.locator("form[action$='/extend']").get_by_label("原因").fill("雪天路不通")
    page.get_by_role("button", name="确认延长").click()
    approve_waiting(office, "demo-manager", f"{name}活动")
    expect(office.open("demo-event", f"campaigns/{slug}").locator("main")).to_contain_text("2091")
    page.get_by_role("link", name="先用的池").first.click()
    page.get_by_role("link", name="暂停配捐池").click()
    page.get_by_label("原因").fill("核对名单")
    page.get_by_role("button", name="确认暂停").click()
    expect(page.locator("main")).to_contain_text("已暂停")
    assert row(federation, "SELECT count(*) FROM pot_pause") > 0


PAID = """SELECT d.id FROM donation d JOIN reservation r ON r.donation_id = d.id AND r.state = 'captured'
           WHERE d.status IN ('paid', 'settled') AND d.channel = 'web' AND d.refunded_minor = 0
             AND d.amount_minor > 1000
             AND NOT EXISTS (SELECT FROM refund_request q WHERE q.donation_id = d.id)
             AND NOT EXISTS (SELECT FROM approval a WHERE a.subject = d.id::text)
             AND NOT EXISTS (SELECT FROM refund f WHERE f.donation_id = d.id)
           ORDER BY d.paid_at DESC, d.id LIMIT 1"""


def test_finance_refunds_with_a_second_person(federation: Stack, office: Office) -> None:
    donation = row(federation, PAID)
    page = office.open("demo-finance", f"donations/{donation}")
    page.get_by_role("link", name="退款，全部或一部分").click()
    page.get_by_label("退多少（元）").fill("1")
    page.get_by_label("原因").fill("捐赠人多付了一元")
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="确认退款").click()
    said(page, "等第二个人批准")
    assert row(federation, f"SELECT count(*) FROM refund WHERE donation_id = '{donation}'") == 0
    own = office.open("demo-finance", "approvals").locator("section.card", has_text=short_number_of(donation))
    expect(own).to_contain_text("须由另一位有权限的同事决定")
    approve_waiting(office, "demo-finance-2", short_number_of(donation))
    assert row(federation, f"SELECT amount_minor FROM refund WHERE donation_id = '{donation}'") == 1_00
    # Until the provider's message is processed, its statement may be ahead of the books.
    facts = f"SELECT count(*) FROM reversal_fact WHERE donation_id = '{donation}'"
    assert wait_until(lambda: row(federation, facts) > 0, 60, 0.5)
    expect(office.open("demo-finance", f"donations/{donation}").locator("main")).to_contain_text("捐赠人多付了一元")


def test_an_auditor_follows_one_fen(federation: Stack, office: Office) -> None:
    """From a gift to its match, its pot, the fund that it came from, the vouchers, and who did what."""
    donation = row(federation, PAID)
    page = office.open("demo-auditor", f"donations/{donation}")
    expect(page.locator("main")).to_contain_text("配捐说明")
    expect(page.get_by_role("link", name=re.compile("退款|联系方式"))).to_have_count(0)
    pot = row(federation, f"SELECT pot_id FROM reservation WHERE donation_id = '{donation}' LIMIT 1")
    page.get_by_role("link", name=re.compile("久久公益节")).first.click()
    page.locator(f"a[href='/console/pots/{pot}']").first.click()
    page.get_by_role("link", name="配捐过的捐赠").click()
    office.fits(page)
    page.locator(f"a[href='/console/donations/{donation}']").first.click()
    fund, name = row(federation, f"SELECT fund_id FROM pot WHERE id = {pot}"), "DEMO-000"
    expect(office.open("demo-auditor", f"funds/{fund}").locator("main")).to_contain_text(name)
    office.open("demo-auditor", "vouchers")
    page = office.open("demo-auditor", "audit?kind=campaign")
    expect(page.locator("main")).to_contain_text("项目参加活动")
    books_hold(federation)


@on_a_phone
def test_each_is_refused_what_is_not_theirs(federation: Stack, office: Office) -> None:
    """By the page (no such entry in the menu), by its address, by a changed id, by the API, by a token."""
    programs = Programs(federation)
    village = row(federation, "SELECT branch_code FROM manager WHERE login = 'demo-liaison'")
    project = row(federation, "SELECT id FROM project WHERE NOT lineage @> ARRAY['410324'] LIMIT 1")
    donation = row(federation, f"SELECT id FROM donation WHERE project_id = {project} LIMIT 1")
    fund = row(federation, "SELECT min(id) FROM fund")
    refund = {"amount_minor": 100, "currency": "CNY", "reason": "x"}
    approve, refunds = f"/projects/{project}/approve", f"/donations/{donation}/refunds"
    deposit = {"amount_minor": 100, "currency": "CNY", "reference": "X-1"}
    for login, hidden, addresses, acts in (
        (
            "demo-liaison",
            ("人员", "操作记录", "退款申请", "合作平台"),
            {"people": 403, "inbox": 403, f"projects/{project}/review": 404, f"donations/{donation}": 404},
            {approve: ("liaison", village, 403), refunds: ("liaison", village, 403)},
        ),
        (
            "demo-county",
            ("人员", "操作记录", "合作平台"),
            {
                f"donations/{donation}": 404,
                "campaigns/demo/edit": 404,
                "campaigns/demo/cancel": 404,
                "partners": 403,
            },
            {
                "/campaigns/demo/cancel": ("manager", "410324", 404),
                refunds: ("manager", "410324", 404),
                approve: ("manager", "410324", 404),
                f"/funds/{fund}/deposits": ("manager", "410324", 404),
            },
        ),
        (
            "demo-event",
            ("人员", "操作记录"),
            {"people": 403, "audit": 403, "tokens": 403},
            {"/users": ("manager", "4103", 403), "/donors/erasure": ("manager", "4103", 403)},
        ),
        (
            "demo-reviewer",
            ("人员", "操作记录", "退款申请"),
            {"people": 403, "audit": 403, "refund-requests": 403, "new-campaign": 403},
            {f"/funds/{fund}/deposits": ("reviewer", "4103", 403), refunds: ("reviewer", "4103", 403)},
        ),
        (
            "demo-finance",
            ("人员", "操作记录"),
            {"people": 403, "audit": 403, "new-campaign": 403, "campaigns/demo/cancel": 403},
            {"/campaigns/demo/cancel": ("finance", "4103", 403), approve: ("finance", "4103", 403)},
        ),
        (
            "demo-auditor",
            ("人员", "退款申请"),
            {"people": 403, "new-campaign": 403, f"donations/{donation}/refund-all-of-donor": 403, "receipts": 403},
            {refunds: ("auditor", "4103", 403), f"/funds/{fund}/deposits": ("auditor", "4103", 403)},
        ),
    ):
        page = office.open(login, "")
        menu = page.locator("nav[aria-label='管理']").first.text_content() or ""
        assert not [name for name in hidden if name in menu.split()], (login, menu)
        for address, status in addresses.items():
            reply = page.goto(f"{federation.url}/console/{address}")
            assert reply is not None and reply.status == status, (login, address, reply and reply.status)
        for path, (role, branch, status) in acts.items():
            body = refund if path == refunds else deposit if path.endswith("deposits") else {"reason": "x"}
            assert programs.call(programs.of(role, branch), path, body)[0] == status, (role, path)
            assert programs.call("nobody", path, body)[0] == 401
    books_hold(federation)


ROOMS = (
    "",
    "donations",
    "campaigns",
    "campaigns/demo",
    "campaigns/demo/reconciliation",
    "projects",
    "approvals",
    "refund-requests",
    "receipts",
    "spendings",
    "questions",
    "objections",
    "words",
    "teams",
    "inbox",
    "payments",
    "imports",
    "funds",
    "vouchers",
    "reconciliation",
    "monthly",
    "duties",
    "blacklist",
    "people",
    "network",
    "partners",
    "audit",
    "jobs",
    "payments?lang=en",  # the longest labels of verbs
)


@on_a_phone
def test_f12_every_room_of_the_console_fits_a_phone(office: Office) -> None:
    for room in ROOMS:
        office.open("demo-manager", room)
