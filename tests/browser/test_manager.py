"""A manager's journeys at a desk."""

import re

import psycopg
from playwright.sync_api import Page, expect

from embedded.process import wait_until
from tests.browser.steps import choose_village, credentials, give, pay, sign_in, thanked
from tests.stack import Stack


def sign_in_by_form(page: Page, stack: Stack) -> None:
    login, password = credentials(stack)
    page.goto(f"{stack.url}/console/")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password)
    page.locator("main button").click()
    expect(page.get_by_role("heading", name="等我处理")).to_be_visible()


def test_a_difference_is_signed_off(desk: Page, stack: Stack) -> None:
    # A charge that no donation of ours belongs to: only the provider's statement could bring it, days later.
    with psycopg.connect(stack.postgres.url.replace("+psycopg", "")) as connection:
        connection.execute(
            """INSERT INTO provider_line (provider, line_id, source_id, kind, amount_minor, fee_minor, currency,
                                          occurred_at, fetched_at)
               VALUES ('stripe', 'ch_stranger', 'ch_stranger', 'charge', 500, 0, 'CNY', now(), now())"""
        )
        connection.execute(
            """INSERT INTO discrepancy (campaign_id, provider, cause, reference, ours_minor, theirs_minor, state,
                                        reason, actor, found_at)
               SELECT id, 'stripe', 'missing_here', 'ch_stranger', 0, 500, 'open', '', '', now()
                 FROM campaign WHERE slug = 'demo'"""
        )
    sign_in(desk, stack)
    desk.goto(f"{stack.url}/console/")
    desk.get_by_role("link", name="查原因").click()
    row = desk.get_by_role("row", name=re.compile("ch_stranger"))
    row.get_by_label("原因").fill("平台的测试款，已核实")
    row.get_by_role("button", name="签字确认").click()
    expect(desk.get_by_role("status")).to_contain_text("已签字")
    expect(row).to_contain_text("平台的测试款")
    expect(row.get_by_role("button")).to_have_count(0)


def test_a_refund_is_asked_for_and_the_donor_sees_it(desk: Page, phone: Page, stack: Stack) -> None:
    choose_village(phone, stack)
    give(phone, 100)
    pay(phone)
    thanked(phone)
    donation = re.search(r"/d/([0-9a-f-]{36})", phone.url)
    assert donation
    sign_in(desk, stack)
    desk.goto(f"{stack.url}/console/")
    desk.get_by_role("link", name="捐赠记录").click()
    desk.get_by_label("查找捐赠和项目").fill(donation[1])
    desk.get_by_role("button", name="查找", exact=True).click()
    desk.get_by_role("link", name="退款，全部或一部分").click()
    desk.get_by_label("退多少（元）").fill("40")
    desk.get_by_label("原因").fill("捐错了金额")
    desk.get_by_role("button", name="预览").click()
    desk.get_by_role("button", name="确认退款").click()
    expect(desk.get_by_role("status")).to_contain_text("退款已提交")

    def refunded() -> bool:
        phone.reload()
        return "¥40.00" in phone.locator(".donation").inner_text()

    assert wait_until(refunded, 30, 1)
    expect(phone.locator(".two .match dd")).to_have_text(re.compile("60.00"))


def test_every_desk_is_reached_from_the_console(desk: Page, stack: Stack) -> None:
    sign_in_by_form(desk, stack)
    for name in ("项目", "黑名单", "基金", "捐赠记录", "待办消息", "任务", "活动"):
        desk.get_by_role("navigation", name="管理").get_by_role("link", name=name, exact=True).click()
        expect(desk.locator("main h1")).to_be_visible()
    desk.get_by_role("link", name=re.compile("久久公益节")).first.click()
    expect(desk.locator("main")).to_contain_text("栾川县配捐池")
    desk.get_by_role("button", name=re.compile("退出")).click()
    expect(desk.locator("input[name=password]")).to_be_visible()
