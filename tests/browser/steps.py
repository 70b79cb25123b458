"""What donors do, step by step."""

import re

from playwright.sync_api import Page, expect

from embedded.process import wait_until
from tests.browser.office import row
from tests.stack import Stack

COUNTED = "SELECT donations FROM campaign_tally t JOIN campaign c ON c.id = t.campaign_id WHERE c.slug = 'demo'"


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
    """The page has thanked, and its scripts have run."""
    expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    page.wait_for_load_state()


def money(page: Page, label: str) -> str:
    """A figure of a donation's page, by its label."""
    return page.locator(":is(.two, .pairs) > div, .sum-line", has_text=label).first.locator("dd, b").inner_text()


def totals(stack: Stack) -> dict[str, int]:
    """The totals of now: what the API says may be a second old, as every shared page."""
    answered: dict[str, int] = {}

    def of_now() -> bool:
        answered.update(stack.api("/campaigns/demo/totals"))
        return answered["donations"] == row(stack, COUNTED)

    assert wait_until(of_now, 60, 0.2), answered
    return answered


def expect_totals(page: Page, stack: Stack, donations: int) -> None:
    """The event's page comes to show so many donations, and the sum that they have."""
    expect(page.locator("[data-total=donations]")).to_have_text(str(donations))
    raised = f"{totals(stack)['raised_minor'] / 100:,.2f}".removesuffix(".00")
    expect(page.locator("[data-total=raised_minor]")).to_have_text(raised)


def books_hold(stack: Stack) -> None:
    """Every promise holds."""
    stack.flask("check-books")
