"""What donors do, step by step."""

import re

from playwright.sync_api import Page, expect

from tests.stack import Stack


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
