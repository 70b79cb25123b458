"""A donor's journeys on a phone, through the real cashier's page."""

import re
from datetime import datetime

from playwright.sync_api import Browser, Page, expect

from embedded.process import wait_until
from kernel.clock import SHANGHAI
from tests.browser.steps import books_hold, choose_village, give, go_to_cashier, money, pay, thanked, totals
from tests.stack import Stack


def test_a_donor_sees_the_held_match_pays_and_sees_the_captured_match(phone: Page, stack: Stack) -> None:
    before = totals(stack)
    choose_village(phone, stack)
    give(phone, 100)
    assert money(phone, "配捐，先留着") == "100.00"
    expect(phone.locator("[data-countdown]")).to_have_text(re.compile(r"1[0-5]:[0-5]\d"))
    expect(phone.locator(".until")).to_contain_text("北京时间）前付款")
    assert phone.evaluate("sessionStorage.length") == 1  # what was typed, for the way back
    pay(phone)
    thanked(phone)
    assert phone.evaluate("sessionStorage.length") == 0
    assert money(phone, "配捐") == "100.00" and money(phone, "变成了") == "200.00"
    expect(phone.locator("main")).to_contain_text("待配 100.00 元，配捐 100.00 元")
    after = totals(stack)
    assert after["raised_minor"] - before["raised_minor"] == 100_00
    assert after["matched_minor"] - before["matched_minor"] == 100_00
    books_hold(stack)


def test_an_open_event_page_moves_without_reload(phone: Page, second_phone: Page, stack: Stack) -> None:
    phone.goto(f"{stack.url}/c/demo")
    phone.evaluate("window.sameDocument = true")
    was = int(phone.locator("[data-total=donations]").inner_text())
    choose_village(second_phone, stack)
    give(second_phone, 20)
    pay(second_phone)
    thanked(second_phone)
    expect(phone.locator("[data-total=donations]")).to_have_text(str(was + 1))
    shown = phone.locator("[data-total=raised_minor]").inner_text()
    assert shown == f"{totals(stack)['raised_minor'] / 100:,.2f}".removesuffix(".00")
    assert phone.evaluate("window.sameDocument") is True


def test_the_same_without_javascript(plain_phone: Page, stack: Stack) -> None:
    page = plain_phone
    before = totals(stack)["donations"]
    choose_village(page, stack, "q=儿童之家")
    give(page, 50)
    assert money(page, "配捐，先留着") == "50.00"
    expect(page.locator("[data-countdown]")).to_be_hidden()
    expect(page.locator(".until")).to_contain_text("前付款")
    pay(page)
    # No script: the page's own refresh brings the answer.
    thanked(page)
    assert money(page, "配捐") == "50.00"
    page.goto(f"{stack.url}/c/demo")
    expect(page.locator("[data-total=donations]")).to_have_text(str(before + 1))


def test_a_declined_card_keeps_the_match_and_may_be_tried_again(
    phone: Page, stack: Stack, faults: list[str]
) -> None:
    choose_village(phone, stack)
    give(phone, 20)
    go_to_cashier(phone)
    phone.locator("button.no").click()
    expect(phone.get_by_role("alert")).to_contain_text("支付被拒绝")
    faults.clear()  # the cashier's page answers 402, which the browser notes
    phone.locator("button.go").click()
    phone.wait_for_url(re.compile("/d/"))
    thanked(phone)
    assert money(phone, "配捐") == "20.00"


def test_walking_away_and_cancelling_frees_the_match(phone: Page, stack: Stack) -> None:
    choose_village(phone, stack)
    give(phone, 200)
    held = sum(pot["reserved_minor"] for pot in stack.api("/campaigns/demo")["pots"])
    go_to_cashier(phone)
    phone.locator("button[value=leave]").click()
    phone.wait_for_url(re.compile("/d/"))
    expect(phone.locator("main")).to_contain_text("还没有付款")
    expect(phone.get_by_role("button", name="再试一次")).to_be_visible()
    phone.get_by_role("button", name="不捐了").click()
    expect(phone.get_by_role("heading", name="这笔捐赠已取消")).to_be_visible()
    assert held - sum(pot["reserved_minor"] for pot in stack.api("/campaigns/demo")["pots"]) == 200_00
    phone.get_by_role("link", name="再试一次").click()
    expect(phone.locator("input[name=chip][value='20000']")).to_be_checked()


def test_a_double_click_gives_one_donation(phone: Page, stack: Stack) -> None:
    choose_village(phone, stack)
    reserved = sum(pot["reserved_minor"] for pot in stack.api("/campaigns/demo")["pots"])
    phone.locator("form.give button.button").dblclick(no_wait_after=True)
    phone.wait_for_url(re.compile("/d/"))
    assert money(phone, "配捐，先留着") == "100.00"
    assert sum(pot["reserved_minor"] for pot in stack.api("/campaigns/demo")["pots"]) - reserved == 100_00


def test_the_open_page_keeps_its_match(phone: Page, stack: Stack) -> None:
    choose_village(phone, stack)
    phone.clock.install()
    give(phone, 20)
    with phone.expect_response(re.compile("/keep-alive$")) as kept:
        phone.clock.run_for(61_000)
    assert kept.value.status == 200
    until = datetime.fromisoformat(kept.value.json()["until"]).astimezone(SHANGHAI)
    expect(phone.locator(".until")).to_contain_text(f"{until:%H:%M:%S}（北京时间）")


def test_typing_an_amount_takes_the_chip_away(phone: Page, stack: Stack) -> None:
    choose_village(phone, stack)
    phone.locator("#custom").fill("66.60")
    expect(phone.locator("input[name=chip]:checked")).to_have_count(0)
    phone.locator("form.give button.button").click()
    phone.wait_for_url(re.compile("/d/"))
    assert money(phone, "您捐") == "66.60"


def test_a_donor_who_reads_english(phone: Page, stack: Stack) -> None:
    phone.goto(f"{stack.url}/c/demo")
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", name="How match works")).to_be_visible()
    phone.locator(".project-card a").first.click()
    phone.locator(".lead a.button").click()
    give(phone, 20)
    assert money(phone, "Match, reserved") == "20.00"
    pay(phone)
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("20.00 yuan to match, 20.00 yuan matched")


def test_nothing_is_wider_than_a_small_phone(phone: Page, stack: Stack) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    for path in ("/", "/c/demo", "/c/demo/p/1", "/donate/demo/1", "/c/demo/standings", "/public/c/demo", "/report"):
        for language in ("zh", "en"):
            phone.goto(f"{stack.url}{path}?lang={language}")
            assert phone.evaluate("document.documentElement.scrollWidth") <= 320, (path, language)
            wide = "[...document.querySelectorAll('.scroll')].some(table => table.scrollWidth > table.clientWidth)"
            assert not phone.evaluate(wide), (path, language)
            phone.evaluate(
                "document.querySelectorAll('.sums .num').forEach(sum => sum.textContent = '12,345,678.90')"
            )
            assert not phone.evaluate(wide), ("sums of a large city", path, language)


def test_duty_22_larger_type_needs_neither_script_nor_cookie(chromium: Browser, stack: Stack) -> None:
    size = "getComputedStyle(document.documentElement).fontSize"
    with chromium.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False) as context:
        page = context.new_page()
        for path in ("/", "/c/demo", "/c/demo/p/1", "/donate/demo/1", "/public/c/demo"):
            page.goto(f"{stack.url}{path}")
            page.get_by_role("link", name="大字", exact=True).click()
            assert page.evaluate(size) == "20px", path
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            page.get_by_role("link", name="标准字号", exact=True).click()
            assert page.evaluate(size) == "16px", path


def test_larger_type_stays_on_the_pages_that_follow(phone: Page, stack: Stack) -> None:
    size = "getComputedStyle(document.documentElement).fontSize"
    phone.goto(f"{stack.url}/c/demo")
    phone.get_by_role("link", name="大字", exact=True).click()
    for path in ("/c/demo/p/1", "/donate/demo/1?lang=en"):
        phone.goto(f"{stack.url}{path}")
        assert phone.evaluate(size) == "20px", path
    assert not any("type" in cookie["name"] for cookie in phone.context.cookies())
    phone.get_by_role("link", name="Usual type").click()
    phone.goto(f"{stack.url}/")
    assert phone.evaluate(size) == "16px"


def test_the_keyboard_reaches_the_content_first(phone: Page, stack: Stack) -> None:
    phone.goto(f"{stack.url}/c/demo")
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.className") == "skip"
    phone.keyboard.press("Enter")
    expect(phone.locator("#main")).to_be_focused()


def test_with_redis_stopped_giving_and_live_totals_go_on(
    phone: Page, second_phone: Page, stack: Stack, faults: list[str]
) -> None:
    stack.redis.stop()
    try:
        phone.goto(f"{stack.url}/c/demo")
        was = int(phone.locator("[data-total=donations]").inner_text())
        choose_village(second_phone, stack)
        give(second_phone, 20)
        pay(second_phone)
        thanked(second_phone)
        expect(phone.locator("[data-total=donations]")).to_have_text(str(was + 1))
        books_hold(stack)
    finally:
        stack.redis.restart()
        # Reduced mode refuses the stream, and the page asks for its totals instead.
        faults[:] = [fault for fault in faults if "status of 503" not in fault]
        # It ends within seconds; the tests that follow look at pages that it refuses.
        assert wait_until(lambda: phone.request.get(f"{stack.url}/c/demo/standings").status == 200, 30)
