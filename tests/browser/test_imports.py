"""A file on its way into the books, by hand, without JavaScript: on a phone, and large on a desk."""

import re
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from kernel.clock import SHANGHAI
from tests.browser.conftest import PATIENCE_MS
from tests.browser.steps import books_hold, sign_in, totals
from tests.stack import Stack

HEAD = "凭证号,项目编号,金额,捐赠时间,手机,姓名\n"


def gifts(name: str, count: int, first: str = "100") -> str:
    """Gifts of one yuan each; the first one of another amount."""
    now = datetime.now(SHANGHAI).strftime("%Y/%m/%d %H:%M:%S")
    amounts = [first, *["1"] * (count - 1)]
    rows = (f"{name}-{number},P000033,{amount},{now},,张三\n" for number, amount in enumerate(amounts))
    return HEAD + "".join(rows)


def upload(page: Page, stack: Stack, file: Path) -> None:
    page.goto(f"{stack.url}/console/imports")
    page.get_by_role("radio", name="线下捐赠").check()
    page.get_by_label(re.compile("文件")).set_input_files(file)
    page.get_by_role("button", name="预览").click()
    page.wait_for_url(re.compile(r"/console/imports/\d+"))


def fits(page: Page) -> None:
    """Nothing makes the page wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_file_on_a_phone_without_javascript(chromium: Browser, stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "捐款箱登记表 2026 年公益日 第一批.csv"
    with chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        sign_in(page, stack)
        file.write_bytes(gifts("BOX", 2, '"1,50"').encode("gbk"))
        upload(page, stack, file)
        expect(page.get_by_role("alert")).to_contain_text("第 2 行“金额”")
        expect(page.get_by_role("alert")).to_contain_text("1.50、150.00 元中的哪一个")
        before = totals(stack)["raised_minor"]
        file.write_bytes(gifts("BOX", 2).encode("gbk"))
        upload(page, stack, file)
        expect(page.get_by_text("新的捐赠：2 行，共 101.00 元")).to_be_visible()
        page.get_by_role("button", name="确认，导入 2 行").click()
        expect(page.get_by_text("已导入，写入 2 行")).to_be_visible()
        page.goto(f"{stack.url}/console/imports")
        expect(page.get_by_role("row", name=re.compile("已导入"))).to_have_count(1)
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        sign_in(page, stack)
        for path in ("imports", "imports/1", "imports/2"):
            page.goto(f"{stack.url}/console/{path}")
            fits(page)
    assert totals(stack)["raised_minor"] >= before
    books_hold(stack)


def test_a_large_file_shows_how_far_it_is(desk: Page, stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text(gifts("MANY", 4_000))
    sign_in(desk, stack)
    upload(desk, stack, file)
    expect(desk.get_by_role("button", name="确认，导入 4,000 行")).to_be_visible()  # the page refreshed by itself
    desk.get_by_role("button", name="确认，导入 4,000 行").click()
    expect(desk.get_by_text("已导入，写入 4,000 行")).to_be_visible()
