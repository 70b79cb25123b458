"""axe-core finds nothing on any donor's page: on a phone in light and Chinese, on a desk in dark and English, where
Chinese is marked as such. In `make test` the desk sees the pages of a gift and `/design`, which has every part."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE_MS, PHONE
from tests.browser.steps import give, pay, thanked
from tests.stack import Stack

PAGES = (
    "/",
    "/c/demo",
    "/c/demo?q=xyzzy",
    "/c/demo/p/1",
    "/donate/demo/1",
    "/c/demo/standings",
    "/public/c/demo",
    "/report?campaign=demo",
    "/nothing-here",
    "/design",
)
AT_THE_DESK = ("/c/demo", "/c/demo/p/1", "/design")
# Pages made of the same parts: looked at once, on a phone; half of them in `make test-long`.
FURTHER = (
    "/c/demo/places",
    "/c/demo/teams/new",
    "/my",
    "/public",
    "/connect",
    "/c/demo/widget",
    "/c/demo/screen",
    "/demo/mailbox",
)
ALIKE = ("/c/demo/places?under=4103", "/c/demo/teams", "/c/demo/people", "/public/yearly", "/public/monthly")
# Nobody operates these, nothing on them is lost when they are made anew: a frame without scripts, a hall's screen.
UNATTENDED = ("/c/demo/widget", "/c/demo/screen")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = {"width": 1440, "height": 900}
# Chinese that an English page does not mark: a screen reader spells it, a browser takes the wrong font.
UNMARKED = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); )
    if (/[\\u3400-\\u9fff]/.test(text.data) && text.parentElement.closest("[lang]").lang === "en")
      found.push(text.data.trim().slice(0, 40));
  for (const place of document.querySelectorAll("[alt], [aria-label], [placeholder], [title]"))
    for (const name of ["alt", "aria-label", "placeholder", "title"])
      if (/[\\u3400-\\u9fff]/.test(place.getAttribute(name) || "") && place.closest("[lang]").lang === "en")
        found.push(`${name}: ${place.getAttribute(name).slice(0, 40)}`);
  return found;
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, and Chinese that an English page does not mark."""
    unmarked = [f"{page.url} unmarked: {text}" for text in page.evaluate(UNMARKED)]
    result = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return unmarked + [
        f"{page.url} {each['id']}: {each['nodes'][0]['html'][:120]}" for each in result.response["violations"]
    ]


@pytest.mark.parametrize(
    ("pages", "size", "scheme", "language"),
    [
        pytest.param((*PAGES, *FURTHER), PHONE, "light", "zh", id="phone"),
        pytest.param(AT_THE_DESK, DESK, "dark", "en", id="desk"),
        pytest.param(PAGES, DESK, "dark", "en", id="desk, all pages", marks=pytest.mark.long),
        pytest.param(ALIKE, PHONE, "light", "zh", id="phone, pages alike", marks=pytest.mark.long),
    ],
)
def test_duty_22_axe_finds_nothing(
    chromium: Browser, stack: Stack, pages: tuple[str, ...], size: dict[str, int], scheme: str, language: str
) -> None:
    # Text that fades in has less contrast at first: with reduced motion none does.
    with chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce") as context:  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        seen: list[str] = []
        for path in pages:
            page.goto(f"{stack.url}{path}{'&' if '?' in path else '?'}lang={language}")
            refreshed = " meta-refresh: " if path in UNATTENDED else "nothing"
            seen += [each for each in violations(page) if refreshed not in each]
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            seen += [f"{page.url} is wider than the screen"] if wide else []
        page.goto(f"{stack.url}/donate/demo/2?lang=zh")
        page.fill("#custom", "66,60")
        page.locator("[name=reading]").first.wait_for()
        seen += violations(page)
        page.fill("#custom", "")
        give(page, 20)
        seen += violations(page)
        pay(page)
        thanked(page)
        seen += violations(page)
        assert seen == []
