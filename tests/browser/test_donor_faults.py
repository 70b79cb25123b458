"""What donors met on the pages, tried again in a browser; tests/donors/README.md has the rows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, PHONE
from tests.browser.steps import books_hold, give, go_to_cashier, pay
from tests.stack import Stack

WIDE = {"width": 1440, "height": 900}
WHY = {"reason": "演练"}


def top(page: Page, selector: str) -> float:
    """How far below the upper edge of the window something begins, in px."""
    return float(page.locator(selector).first.evaluate("part => part.getBoundingClientRect().top"))


def hold(page: Page, stack: Stack, project: int, yuan: str, *, expected: str) -> None:
    """Fill in the form and reach the page of the donation, which shows the match like this."""
    page.goto(f"{stack.url}/donate/demo/{project}")
    page.fill("#custom", yuan)
    page.locator("form.give .foot .button").click()
    page.wait_for_url(re.compile("/d/"))
    expect(page.locator(f".match-state.{expected}")).to_be_visible()


def test_the_event_page_is_for_one_minute(phone: Page, stack: Stack) -> None:
    phone.goto(f"{stack.url}/")
    assert phone.locator(".event-card").first.get_by_role("link").count() == 1
    phone.goto(f"{stack.url}/c/demo")
    assert top(phone, ".project-card") <= 700
    assert phone.locator(".project-card .button").count() == 0
    assert phone.locator(".project-card .picture").count() == phone.locator(".project-card").count() == 20
    phone.locator(".pager a[rel=next]").click()
    phone.wait_for_url(re.compile("page=2"))
    assert 0 <= top(phone, "#projects") < 200, "the list stays in view"
    names = [row["name"] for row in stack.api("/campaigns/demo/projects?q=luanchuan")]
    assert names and not any("栾川县" in name for name in names), "the county stands beside the name"


def test_a_wide_screen_has_two_columns(chromium: Browser, stack: Stack) -> None:
    with chromium.new_context(viewport=WIDE) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{stack.url}/donate/demo/1")
        expect(page.locator(".how .pot").first).to_be_visible()
        form, beside = page.locator("form.give").bounding_box(), page.locator(".how").bounding_box()
        assert form and beside and beside["x"] >= form["x"] + form["width"] and beside["width"] > 300


@pytest.mark.parametrize("language", ["zh", "en"])
def test_text_of_twice_the_size_fits(phone: Page, stack: Stack, language: str) -> None:
    hold(phone, stack, 2, "20", expected="held")
    pay(phone)
    expect(phone.locator(".match-state.final")).to_be_visible()
    thanks = phone.url.removeprefix(stack.url)
    give_page = f"/donate/demo/1?amount={123_456_78}"
    own_pages = (give_page, "/donate/demo/1?amount=6660", thanks, "/my")
    for path in (
        "/",
        "/c/demo",
        "/c/demo/p/1",
        *own_pages,
        "/c/demo/standings",
        "/public/c/demo",
        "/c/demo/screen",
    ):
        phone.goto(f"{stack.url}{path}{'&' if '?' in path else '?'}lang={language}")
        phone.evaluate("document.documentElement.style.fontSize = '200%'")
        cut = phone.evaluate(
            """[...document.querySelectorAll('.sum, .goal-line b, .pager, .top a, .button, .stage-inks dd')]
                 .filter(part => part.offsetWidth && part.getBoundingClientRect().right > innerWidth + 1)
                 .map(part => part.textContent.trim())"""
        )
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390 and cut == [], (path, cut)
    phone.goto(f"{stack.url}/c/demo?lang={language}")
    phone.evaluate("document.documentElement.style.fontSize = '200%'")
    phone.evaluate("scrollTo(0, 2000)")
    expect(phone.locator(".sticky .button")).to_be_in_viewport(ratio=1)


def test_a_hold_that_runs_out_says_so_by_itself(phone: Page, stack: Stack) -> None:
    """The countdown ends in words, not at 00:00; cancelling stands apart from paying."""
    phone.clock.install()
    hold(phone, stack, 5, "20", expected="held")
    button, cancel = (
        phone.locator("form[action$='/go'] button").bounding_box(),
        phone.locator(".as-link").bounding_box(),
    )
    assert button and cancel and cancel["y"] > button["y"] + button["height"] + 12 and cancel["width"] < 120
    assert phone.locator("form[action$='/go']").get_attribute("data-busy")
    phone.clock.fast_forward("30:01")
    expect(phone.locator("[data-countdown]")).to_have_text("时间到了，正在看结果…")
    phone.get_by_role("button", name="不捐了").click()
    expect(phone.locator(".match-state.lapsed")).to_contain_text("留着的配捐已经放回去了")


def test_a_connection_that_breaks_after_the_payment_loses_nothing(chromium: Browser, stack: Stack) -> None:
    """The donor paid, and the way back never loaded: the gift is found on this device, paid and matched. Reloaded,
    left and come back to, opened by its link in another browser, it stays what it is. In English, on a phone."""
    with (
        chromium.new_context(viewport=PHONE, locale="en") as context,  # type: ignore[arg-type]
        chromium.new_context(viewport=PHONE, locale="en") as other,  # type: ignore[arg-type]
    ):
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(f"{stack.url}/donate/demo/6?lang=en")
        give(page, 20)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        go_to_cashier(page)
        context.route("**/d/**", lambda route: route.abort())
        page.locator("button.go").click(no_wait_after=True)
        page.wait_for_timeout(500)
        context.unroute("**/d/**")
        page.goto(f"{stack.url}/my")
        page.locator(".own h3 a").first.click()
        expect(page.locator("h1.thanks")).to_contain_text("Thank you")
        expect(page.locator("main")).not_to_contain_text("charged")
        expect(page.locator(".match-state.final")).to_be_visible()
        page.reload()
        expect(page.locator(".match-state.final")).to_be_visible()
        lasting = page.get_by_role("link", name="link to this donation").get_attribute("href") or ""
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="copy my link").click()
        expect(page.get_by_role("button", name="copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == lasting
        page.go_back()
        expect(page.get_by_role("heading", name="My donations")).to_be_visible()
        page.go_forward()
        expect(page.locator("h1.thanks")).to_contain_text("Thank you")
        elsewhere = other.new_page()
        elsewhere.goto(lasting)
        expect(elsewhere.locator("h1.thanks")).to_contain_text("谢谢您")  # this browser has chosen no language
        expect(elsewhere.locator(".match-state.final")).to_be_visible()
        assert "token" not in elsewhere.url
    books_hold(stack)


def test_a_cancel_that_came_too_late_shows_the_payment_when_it_arrives(phone: Page, stack: Stack) -> None:
    phone.goto(f"{stack.url}/donate/demo/12")
    give(phone, 20)
    second = phone.context.new_page()
    second.goto(phone.url)
    go_to_cashier(phone)
    phone.locator("summary", has_text="稍后到账").click()
    phone.fill("input[name=seconds]", "6")
    phone.locator("select[name=as]").select_option("processing")
    phone.locator("button[value=late]").click()
    phone.wait_for_url(re.compile("/d/"))
    second.get_by_role("button", name="不捐了").click()
    expect(second.locator("main")).to_contain_text("支付正在处理，暂时不能取消。")
    expect(second.locator("h1.thanks")).to_be_visible(timeout=2 * PATIENCE_MS)


@contextmanager
def pots_paused(stack: Stack, token: str) -> Iterator[None]:
    """For a while no pot that there is gives match."""
    pots = [pot["id"] for pot in stack.api("/campaigns/demo")["pots"]]
    for pot in pots:
        stack.api(f"/pots/{pot}/pause", "POST", token, **WHY)
    try:
        yield
    finally:
        for pot in pots:
            stack.api(f"/pots/{pot}/resume", "POST", token, **WHY)


def add_drawn_pot(stack: Stack, token: str, project: int) -> None:
    fund = stack.api("/funds", "POST", token, name="抽取基金", kind="special")["id"]
    deposit = {"amount_minor": 1_000_00, "currency": "CNY", "reference": str(uuid4())}
    stack.api(f"/funds/{fund}/deposits", "POST", token, **deposit)
    stack.api(
        "/pots",
        "POST",
        token,
        campaign="demo",
        fund=fund,
        name="抽取池",
        rank=9,
        kind="random",
        mode="payment",
        rules={"ratio_bps": 20_000, "scope": {"projects": [project]}, "random": {"least_bps": 0}},
        tranches=[{"opens_at": "2020-01-01T00:00:00+08:00", "amount_minor": 1_000_00}],
    )


def test_every_end_of_a_match_is_drawn_and_said(phone: Page, stack: Stack) -> None:
    """A part, none, drawn after payment, lapsed, final, under review: in words and in the emblem's right half."""
    token = stack.flask("tokens", "create", "--role", "admin").strip().splitlines()[-1]
    hold(phone, stack, 7, "3000", expected="part")
    expect(phone.locator(".both .added.reserved").first).to_be_attached()
    phone.get_by_role("button", name="不捐了").click()
    expect(phone.locator(".match-state.lapsed")).to_be_visible()
    with pots_paused(stack, token):
        hold(phone, stack, 8, "20", expected="none")
        expect(phone.locator(".both .added.none").first).to_be_attached()
        add_drawn_pot(stack, token, 9)
        hold(phone, stack, 9, "20", expected="drawn")
        expect(phone.locator(".both .added.drawn").first).to_be_attached()
        pay(phone)
        expect(phone.locator(".match-state:is(.final, .re_offered)")).to_be_visible()
    hold(phone, stack, 10, "50", expected="held")
    pay(phone)
    expect(phone.locator(".match-state.final")).to_be_visible()
    expect(phone.locator(".both .added.final").first).to_be_attached()
    frozen = stack.api("/campaigns/demo/projects/10/hold-match", "POST", token, **WHY)
    assert frozen["cases_opened"] >= 1
    expect(phone.locator(".match-state.review")).to_be_visible()  # the open page follows
    expect(phone.locator(".both .added.review").first).to_be_attached()
    phone.locator(".match-state summary").click()
    phone.fill(".match-state textarea", "这是我们班的班费<b>")
    phone.locator(".match-state form button").click()
    expect(phone.locator(".match-state")).to_contain_text("您的说明已收到")
    books_hold(stack)


def test_nearby_projects_are_found_without_sending_the_location(chromium: Browser, stack: Stack) -> None:
    here = {"latitude": 33.79, "longitude": 111.62}
    with chromium.new_context(viewport=PHONE, geolocation=here, permissions=["geolocation"]) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{stack.url}/c/demo")
        page.get_by_role("link", name="附近").click()
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        page.get_by_role("button", name="找我附近的").click()
        expect(page.locator(".near-list a").first).to_have_text(re.compile(r"栾川县，约 0\.\d 公里"))
        assert [address for address in sent if "/static/" not in address] == []
        page.locator(".near-list a").first.click()
        expect(page.locator(".villages a").first).to_be_visible()


def test_a_refused_field_of_a_gifts_page_has_the_focus(second_phone: Page, stack: Stack) -> None:
    hold(second_phone, stack, 12, "20", expected="held")
    pay(second_phone)
    expect(second_phone.locator(".match-state.final")).to_be_visible()
    second_phone.locator("a[href='#receipt']").click()
    receipt = second_phone.locator("#receipt")
    receipt.get_by_label("单位", exact=True).check()
    receipt.locator("[name=title]").fill("洛阳商贸有限公司")
    receipt.locator("[name=email]").fill("caiwu@example.org")
    receipt.get_by_role("button", name="申请票据").click()
    expect(receipt.locator("[name=tax_id]")).to_be_focused()
    expect(receipt.locator("#fault-tax_id")).to_be_visible()
