"""A charity that runs its matching alone: from the fund to the match of a donation, without a program and without
JavaScript; then the donor, and the match as the console shows it."""

import re

from playwright.sync_api import Browser, Page, expect

from embedded.process import wait_until
from tests.browser.conftest import PATIENCE_MS
from tests.browser.steps import books_hold, give, pay, schedule, sign_in, thanked
from tests.stack import Stack

PLAN = {
    "募捐目的": "照亮村路",
    "活动地域": "洛阳市",
    "活动负责人": "李会长",
    "办公地址": "洛阳市",
    "接受捐赠方式": "网页",
    "银行账户": "0000",
    "受益人": "村民",
    "募得款物用途": "路灯",
    "募捐成本": "0",
    "剩余财产的处理": "同类项目",
    "公开募捐资格证书编号": "C-1",
    "证书有效期至": "2099-12-31",
    "募捐方案备案编号": "F-1",
    "备案日期": "2026-01-01",
    "指定的互联网募捐信息平台": "平台",
    "平台网址": "https://platform.example",
}


def room(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="管理").get_by_role("link", name=name, exact=True).click()


def said(page: Page, words: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(words)


def fund_with(page: Page, yuan: str) -> None:
    room(page, "基金")
    page.get_by_label("名称").fill("路灯基金")
    page.get_by_role("button", name="建立").click()
    said(page, "基金已建立")
    row = page.get_by_role("row", name=re.compile("路灯基金"))
    row.get_by_role("link", name="入账").click()
    page.get_by_label(re.compile("到账金额")).fill(yuan)
    page.get_by_label(re.compile("凭据号")).fill("BANK-1")
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="确认入账").click()
    said(page, "入账完成")


def approved_project(page: Page) -> None:
    room(page, "项目")
    page.get_by_role("link", name="新建项目").click()
    page.get_by_label("县区、乡镇或村的名称").fill("车村村")
    page.locator("main").get_by_role("button", name="查找").click()
    page.get_by_label(re.compile("车村村民委员会")).check()
    page.get_by_label("名称", exact=True).fill("车村村道路灯")
    page.get_by_label("村级微项目").check()
    page.get_by_label("目标金额（元）").fill("30000")
    page.get_by_role("button", name="保存草稿").last.click()
    said(page, "项目草稿已建立")
    page.get_by_role("button", name="提交评审").first.click()
    said(page, "项目状态已更新")
    page.get_by_text("通过立项").first.click()
    page.get_by_role("button", name="确认立项").first.click()
    said(page, "项目状态已更新")


def drafted_campaign(page: Page) -> None:
    room(page, "活动")
    page.get_by_role("link", name="新建活动").click()
    page.get_by_label("名称", exact=True).fill("路灯日")
    page.get_by_label("网址名").fill("lamps")
    page.get_by_label("主办方").select_option(label="洛阳市")
    page.get_by_label("开始（北京时间）").fill("2026-01-01T09:00")
    page.get_by_label("结束（北京时间）").fill("2099-01-01T21:00")
    page.get_by_role("button", name="保存草稿").last.click()
    said(page, "活动草稿已建立")
    schedule(page)
    expect(page.get_by_role("alert").first).to_contain_text("公开募捐方案不完整")
    for label, words in PLAN.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="保存草稿").last.click()
    said(page, "活动方案已保存")
    page.get_by_role("link", name="加入项目").click()
    page.get_by_label("搜索").fill("车村村道路灯")
    page.locator("main").get_by_role("button", name="查找").click()
    page.get_by_role("button", name="加入全部 1 个").click()
    said(page, "1 个项目加入了活动")
    page.get_by_role("link", name="路灯日").click()


def pot_of(page: Page, yuan: str) -> None:
    page.get_by_role("link", name="新建配捐池").click()
    page.get_by_label("名称", exact=True).fill("嵩县路灯池")
    page.get_by_label("出资基金").select_option(label="路灯基金 ¥5,000.00")
    page.get_by_label("嵩县", exact=True).check()
    page.get_by_label("每笔配捐上限").fill("60")
    page.get_by_label("第 1 批金额（元）").fill("9000")
    page.get_by_role("button", name="预览").last.click()
    expect(page.locator("[id='fault-fund']")).to_have_text(re.compile("余额不足：现有 5,000.00 元，还差"))
    page.get_by_label("第 1 批金额（元）").fill(yuan)
    page.get_by_role("button", name="预览").last.click()
    expect(page.locator(".preview")).to_contain_text("每捐 1 元配捐 1 元")
    expect(page.locator(".preview")).to_contain_text("只支持：嵩县")
    page.get_by_role("button", name="确认建立").click()
    said(page, "配捐池已建立")
    page.get_by_role("link", name="路灯日").click()


def test_a_charity_runs_its_matching_alone(chromium: Browser, phone: Page, stack: Stack) -> None:
    with chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE_MS)
        desk = context.new_page()
        sign_in(desk, stack)
        desk.goto(f"{stack.url}/console/")
        fund_with(desk, "5000")
        approved_project(desk)
        drafted_campaign(desk)
        pot_of(desk, "1000")
        schedule(desk)
        said(desk, "活动已排期")

        phone.goto(f"{stack.url}/c/lamps")
        phone.locator(".project-card").first.get_by_role("link").first.click()
        phone.locator(".lead a.button").click()
        give(phone, 100)
        pay(phone)
        thanked(phone)

        def matched() -> bool:
            desk.reload()
            return "60.00" in desk.locator(".pot-card .sums > div", has_text="已配").inner_text()

        assert wait_until(matched, 30, 1)
        desk.get_by_role("link", name="嵩县路灯池").click()
        expect(desk.locator("main")).to_contain_text("每笔配捐上限")
        desk.get_by_role("link", name="配捐过的捐赠").click()
        row = desk.get_by_role("row", name=re.compile("车村村道路灯"))
        expect(row).to_contain_text("100.00")
        expect(row).to_contain_text("60.00")
        row.get_by_role("link").click()
        expect(desk.locator("main")).to_contain_text("受限于每笔配捐上限 60.00 元")
    books_hold(stack)
