"""Take the pictures in docs/screens: `python -m tests.screens [URL OF A DEMO PASSWORD]`, or `make screens`.

Each page at three widths, light and dark, in Chinese; the event and a thank-you page in English too. A gift in
every state of its match, which only a demo of our own can bring about. Pages of the console at two widths, each as
somebody sees it whose work it is. WebP, so that they stay small.
"""

import base64
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.conftest import ARGS, PATIENCE_MS, program
from tests.browser.steps import pay
from tests.browser.test_donor_faults import WHY, add_drawn_pot, hold, pots_paused
from tests.stack import Stack, running

TARGET = Path(__file__).parents[1] / "docs" / "screens"
SIZES = ((390, 844), (768, 1024), (1440, 900))
TALLEST = 2_200  # px: the beginning of a page says enough
QUALITY = 50  # of WebP
_LOAD_PHOTOS = """Promise.all([...document.images]
    .filter(photo => photo.getClientRects().length && photo.getBoundingClientRect().top < innerHeight)
    .map(photo => photo.decode().catch(() => null)))"""
PAGES = {
    "home": "/",
    "event": "/c/demo",
    "project": "/c/demo/p/1",
    "give": "/donate/demo/1?amount=6660",
    "standings": "/c/demo/standings",
    "people": "/c/demo/people",
    "screen": "/c/demo/screen",
    "statement": "/public/c/demo",
    "error": "/nothing-here",
    "design": "/design",
}
# Of the console: whose page it is, and where.
CONSOLE = {
    "home": ("demo-manager", "/console/"),
    "donations": ("demo-finance", "/console/donations"),
    "campaign": ("demo-event", "/console/campaigns/demo"),
    "review": ("demo-reviewer", "/console/projects/review"),
    "bursts": ("demo-reviewer", "/console/campaigns/luanchuan/bursts"),
    "cases": ("demo-reviewer", "/console/campaigns/luanchuan/cases"),
    "differences": ("demo-finance", "/console/campaigns/luanchuan/reconciliation"),
    "messages": ("demo-finance", "/console/inbox"),
    "refunds": ("demo-finance", "/console/refund-requests"),
    "receipts": ("demo-finance", "/console/receipts"),
    "approvals": ("demo-finance-2", "/console/approvals"),
    "audit": ("demo-auditor", "/console/audit"),
    "projects": ("demo-liaison", "/console/projects"),
}


def take(page: Page, name: str) -> None:
    """Write the page as it stands, in a window as tall as the picture: lazy photos load, and no bar that sticks to
    the window's edge lies over the middle."""
    size = page.viewport_size
    assert size
    tall = max(min(page.evaluate("document.documentElement.scrollHeight"), TALLEST), size["height"])
    page.set_viewport_size({"width": size["width"], "height": tall})
    page.evaluate(_LOAD_PHOTOS)  # `wait_for_function` would need eval, which our policy forbids
    page.wait_for_timeout(400)
    clip = {"x": 0, "y": 0, "width": size["width"], "height": tall, "scale": 1}
    shot = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip},
    )
    (TARGET / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    page.set_viewport_size(size)


def journey(page: Page, site: str, suffix: str) -> None:
    """Give, and take the page of the donation before and after it is paid."""
    page.goto(f"{site}/donate/demo/3")
    page.fill("input[name=name]", "小满")
    page.fill("#custom", "66.60")
    page.locator("form.give .button").click()
    page.wait_for_url(re.compile("/d/"))
    take(page, f"hold-{suffix}")
    page.locator("form[action$='/go'] button").click()
    page.wait_for_url(re.compile("/pay/"))
    page.locator("button.go").click()
    page.wait_for_url(re.compile("/d/"))
    expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    take(page, f"thanks-{suffix}")
    own_page = page.url
    page.goto(f"{site}/my")
    take(page, f"my-{suffix}")
    page.goto(f"{own_page}?lang=en")
    take(page, f"thanks-english-{suffix}")


def take_states(browser: Browser, stack: Stack) -> None:
    """Bring a gift into every state of its match, each in a browser of its own, and take its page."""
    token = stack.flask("tokens", "create", "--role", "admin").strip().splitlines()[-1]
    pages: dict[str, Page] = {}

    def held(state: str, project: int, yuan: str, expected: str) -> Page:
        context: BrowserContext = browser.new_context(locale="zh-CN", reduced_motion="reduce")
        pages[state] = page = context.new_page()
        hold(page, stack, project, yuan, expected=expected)
        return page

    held("part", 7, "3000", "part")
    held("cancelled", 11, "20", "held").get_by_role("button", name="不捐了").click()
    pay(review := held("review", 10, "50", "held"))
    expect(review.locator(".match-state.final")).to_be_visible(timeout=PATIENCE_MS)
    stack.api("/campaigns/demo/projects/10/hold-match", "POST", token, **WHY)
    review.reload()
    expect(review.locator(".match-state.review")).to_be_visible(timeout=PATIENCE_MS)
    with pots_paused(stack, token):
        held("none", 8, "20", "none")
        pay(held("not-yet", 8, "25", "none"))
        add_drawn_pot(stack, token, 9)
        held("drawn", 9, "20", "drawn")
        for state, page in pages.items():
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    take(page, f"gift-{state}-{width}-{scheme}")
            page.context.close()


def take_all(browser: Browser, site: str) -> None:
    """Take every page at every width, in light and dark."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                locale="zh-CN",
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(site + path)
                take(page, f"{name}-{width}-{scheme}")
            journey(page, site, f"{width}-{scheme}")
            page.goto(f"{site}/c/demo?lang=en")
            take(page, f"event-english-{width}-{scheme}")
            context.close()


def take_console(browser: Browser, site: str, password: str) -> None:
    """Take the pages of the console, each signed in as somebody whose work it is."""
    for login in sorted({login for login, _ in CONSOLE.values()}):
        page = browser.new_context(locale="zh-CN", reduced_motion="reduce").new_page()
        page.goto(f"{site}/console/sign-in")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.locator("main form button").click()
        expect(page.get_by_role("heading", name="等我处理")).to_be_visible()
        for width, height in (SIZES[0], SIZES[2]):
            page.set_viewport_size({"width": width, "height": height})
            for name, (owner, path) in CONSOLE.items():
                if owner == login:
                    page.goto(site + path)
                    take(page, f"console-{name}-{width}")
        page.context.close()


@contextmanager
def site_of(arguments: list[str]) -> Iterator[tuple[str, str, Stack | None]]:
    """The demo that was named, or one of our own (the third value), and the password of its people."""
    if arguments:
        address, password = [*arguments, ""][:2]
        yield address.rstrip("/"), password, None
        return
    with running(DEMO_GIFTS="3000") as stack:
        login = re.search(r"Login: \S+ / (\S+)", stack.login)
        assert login
        yield stack.url, login[1], stack


if __name__ == "__main__":
    with site_of(sys.argv[1:]) as (address, password, own), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=[*ARGS, "--no-sandbox"])
        take_all(browser, address)
        take_console(browser, address, password)
        if own:
            take_states(browser, own)
        browser.close()
