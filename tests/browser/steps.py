"""What donors and managers do, step by step."""

import re

from playwright.sync_api import Page, expect

from tests.stack import Stack


def start_session(page: Page, url: str, login: str, password: str) -> None:
    """Sign in by sending the form, without opening its page or the one after it."""
    address = f"{url}/console/sign-in"
    hidden = re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', page.request.get(address).text())
    reply = page.request.post(address, form={**dict(hidden), "login": login, "password": password}, max_redirects=0)
    assert reply.status == 303, reply.status


def sign_in(page: Page, stack: Stack) -> None:
    """Start a session of the demo's administrator."""
    start_session(page, stack.url, *credentials(stack))


def credentials(stack: Stack) -> tuple[str, str]:
    """Return login and password of the demo's administrator; all its accounts have this password."""
    words = re.search(r"Login: (\S+) / (\S+)", stack.login)
    assert words
    return words[1], words[2]


def schedule(page: Page) -> None:
    """Schedule the campaign whose page is open."""
    page.locator("summary", has_text="排期").click()
    page.get_by_role("button", name="确认排期").click()


def choose_village(page: Page, stack: Stack, query: str = "") -> None:
    """From the event's page to the form of the first village that is shown."""
    page.goto(f"{stack.url}/c/demo?{query}")
    page.locator(".project-card").first.get_by_role("link").first.click()
    page.locator(".lead a.button").click()


def give(page: Page, yuan: int = 100) -> None:
    """Fill in the form; the donation's own page opens."""
    chip = page.locator(f"input[name=chip][value='{yuan * 100}']")
    chip.click()  # waits until the page stands still, as people do
    expect(chip).to_be_checked()
    page.locator("form.give button.button").click()
    page.wait_for_url(re.compile("/d/"))


def go_to_cashier(page: Page) -> None:
    page.locator("form[action$='/go'] button").click()
    page.wait_for_url(re.compile("/pay/"))


def pay(page: Page) -> None:
    go_to_cashier(page)
    page.locator("button.go").click()
    page.wait_for_url(re.compile("/d/"))


def thanked(page: Page) -> None:
    expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()


def money(page: Page, label: str) -> str:
    """A figure of a donation's page, by its label."""
    return page.locator(":is(.two, .pairs) > div, .sum-line", has_text=label).first.locator("dd, b").inner_text()


def totals(stack: Stack) -> dict[str, int]:
    rows: dict[str, int] = stack.api("/campaigns/demo/totals")
    return rows


def books_hold(stack: Stack) -> None:
    """Every promise holds."""
    stack.flask("check-books")
