"""What donors do around giving: papers, a question, a refund, a team, another device, erasure, many tabs.

All of it in English, at a desk, is for `make test-long`: in `make test` the English pages are shown by
`test_donor_faults.py` and `test_axe.py`, the desk by `test_donor_faults.py`.
"""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from embedded.process import wait_until
from tests.browser.conftest import PATIENCE_MS, PHONE
from tests.browser.steps import books_hold, pay
from tests.stack import Stack

DESK = {"width": 1280, "height": 900}
SHOW_ALL = "document.querySelectorAll('main details').forEach((part) => { part.open = true; })"


def opened(chromium: Browser, size: dict[str, int]) -> BrowserContext:
    context = chromium.new_context(viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    return context


def give_named(page: Page, address: str, mail: str) -> str:
    """Give 66.60 with a name and an address, and pay; return where the donation's page is."""
    page.goto(address)
    page.fill("input[name=name]", "小满<b>")
    page.fill("#custom", "66.60")
    page.evaluate(SHOW_ALL)
    page.fill("input[name=email]", mail)
    page.locator("form.give .foot .button").click()
    page.wait_for_url(re.compile("/d/"))
    pay(page)
    expect(page.locator("h1.thanks")).to_contain_text("小满<b>")
    return page.url


def code_in_mailbox(page: Page, stack: Stack, mail: str) -> str:
    """Wait for the letter with the code to an address; return its digits."""

    def letters() -> list[str]:
        page.goto(f"{stack.url}/demo/mailbox")
        return re.findall(
            r"\b(\d{6})\b", " ".join(page.locator("article", has_text=mail).locator("h2").all_inner_texts())
        )

    assert wait_until(lambda: bool(letters()), 30, 0.5)
    return letters()[0]


def drawn(context: BrowserContext, address: str) -> bool:
    """Whether a paper comes; a server that has too much to do asks to try again soon."""
    response = context.request.get(address)
    return response.ok and len(response.body()) > 10_000


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), pytest.param(DESK, "en", marks=pytest.mark.long)])
def test_a_gift_and_all_that_its_donor_may_do_with_it(
    chromium: Browser, stack: Stack, size: dict[str, int], language: str
) -> None:
    mail = f"xiaoman-{language}@example.org"
    with opened(chromium, size) as context:
        page = context.new_page()
        page.goto(f"{stack.url}/c/demo/teams/new?lang={language}")
        page.fill("input[name=name]", "老张一家" if language == "zh" else "Zhang and friends")
        page.locator("main input[name=kind]").first.check()
        page.locator("main .button").click()
        expect(page.locator("img[src*='qr.svg']")).to_be_visible()  # the name waits until somebody has approved it
        own_page = give_named(page, f"{stack.url}/donate/demo/3", mail)
        for paper in ("poster.png", "certificate.png", "certificate.pdf"):
            assert wait_until(lambda paper=paper: drawn(context, f"{own_page}/{paper}"), 90, 1), paper
        page.evaluate(SHOW_ALL)
        page.fill("textarea[name=question]", "钱什么时候到村里？<i>")
        page.locator("form[action*=questions] button").click()
        expect(page.locator("#question blockquote")).to_have_text("钱什么时候到村里？<i>")
        page.evaluate(SHOW_ALL)
        page.fill("textarea[name=reason]", "捐重了<i>")
        page.fill("#refund input[name=amount]", "20")
        page.locator("form[action*=refund-requests] button").click()
        expect(page.locator("#refund")).to_contain_text("20.00")
        with opened(chromium, size) as other:  # another device knows nothing of it, until it has the code
            fresh = other.new_page()
            fresh.goto(own_page)
            expect(fresh.locator("main")).not_to_contain_text("小满")
            fresh.goto(f"{stack.url}/my?lang={language}")
            fresh.fill("input[name=contact]", mail)
            fresh.locator("form[action='/my/code'] button").click()
            where = fresh.url
            code = code_in_mailbox(fresh, stack, mail)
            fresh.goto(where)
            fresh.fill("input[name=code]", code)
            fresh.locator("main .button").click()
            expect(fresh.locator(".own > li")).to_have_count(1)
            expect(fresh.locator(".trace .done").first).to_be_visible()
            fresh.evaluate(SHOW_ALL)
            fresh.check("input[name=sure]")
            fresh.locator("form[action='/my/erasure'] button").click()
            expect(fresh.get_by_role("status")).to_be_visible()
        page.reload()
        expect(page.locator("main")).not_to_contain_text("小满")
    books_hold(stack)


def test_two_tabs_of_one_form_give_twice_only_when_the_donor_says_so(chromium: Browser, stack: Stack) -> None:
    with opened(chromium, PHONE) as context:
        first, second = context.new_page(), context.new_page()
        for page in (first, second):
            page.goto(f"{stack.url}/donate/demo/4")
            page.fill("#custom", "30")
        first.locator("form.give .foot .button").click()
        first.wait_for_url(re.compile("/d/"))
        second.locator("form.give .foot .button").click()
        expect(second.get_by_role("heading", name="您有一笔还没付款的捐赠")).to_be_visible()
        second.get_by_role("button", name="换成这一笔").click()
        second.wait_for_url(re.compile("/d/"))
        expect(first.get_by_role("heading", name="这一笔换成了新的")).to_be_visible()  # the open page follows
        first.go_back()
        expect(first.locator("#custom")).to_have_value("30")  # what was typed is still there


def test_seven_tabs_hold_one_stream_and_the_eighth_opens(chromium: Browser, stack: Stack) -> None:
    with opened(chromium, PHONE) as context:
        streams: list[str] = []
        context.on("request", lambda sent: streams.append(sent.url) if sent.url.endswith("/live") else None)
        pages = [context.new_page() for _ in range(7)]
        for page in pages:
            page.goto(f"{stack.url}/c/demo")
        assert wait_until(lambda: bool(streams) or pages[0].wait_for_timeout(100) is not None, 20)
        eighth = context.new_page()
        eighth.goto(f"{stack.url}/c/demo/p/1")
        expect(eighth.get_by_role("heading", level=1)).to_be_visible()
        assert len(streams) == 1
        pages[0].close()  # whoever held it: another tab goes on, and the totals still come
        eighth.wait_for_timeout(500)
        assert 1 <= len(streams) <= 2
