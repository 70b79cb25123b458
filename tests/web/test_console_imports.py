"""The page of imports, without JavaScript: a file is chosen, shown, confirmed, imported."""

import io

import pytest

from campaigns.imports.work import work_off
from campaigns.network.people import create_manager
from kernel.clock import FixedClock
from tests.conftest import NOON
from tests.kernel.test_workbook import workbook
from tests.real_life.files_steps import HEAD, NEW_PROJECT, sample, world
from tests.web.reader import PASSWORD, Reader, text
from tests.world import TREE, World

__all__ = ["world"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


def upload(manager: Reader, kind: str, data: bytes | str, partner: str = "") -> str:
    """Choose a file on the page; the page of the import opens."""
    manager.open("/console/imports")
    file = (io.BytesIO(data.encode() if isinstance(data, str) else data), "文件.csv")
    return manager.send("/console/imports", kind=kind, partner=partner, file=file)


def test_a_file_from_preview_to_result(manager: Reader, world: World) -> None:
    page = text(upload(manager, "donations", sample("offline-excel-zh.gbk.csv")))
    for words in (
        "线下捐赠 待确认",
        "新的捐赠：2 行，共 1,050.00 元",
        "跳过（空行、合计等）：2 行",
        "编码：gb18030",
    ):
        assert words in page
    assert "确认，导入 2 行" in page
    page = manager.send("/confirm")
    assert 'http-equiv="refresh"' in page and "导入中" in page
    assert work_off(world.deps) == 1
    page = manager.open("/console/imports/1")
    assert "refresh" not in page and "已导入，写入 2 行。" in text(page)
    world.settle()
    assert world.totals().raised_minor == 1_050_00
    assert "文件里的内容以前都导入过" in text(upload(manager, "donations", sample("offline-excel-zh.gbk.csv")))
    manager.send("/drop")
    page = text(manager.open("/console/imports"))
    assert "线下捐赠 文件.csv 已导入 boss 2" in page and "文件.csv 未确认 boss" in page


def test_faults_in_chinese_with_their_line_and_both_readings(manager: Reader, world: World) -> None:
    page = text(upload(manager, "donations", sample("offline-decimal-comma.csv")))
    assert "有 1 处要改，没有导入任何内容" in page
    assert "第 2 行“金额”： 请写清金额：是 100.50、10,050.00 元中的哪一个？" in page
    page = text(upload(manager, "donations", HEAD + "1.23E+17,P000033,5,2026-09-09,,\n"))
    assert "第 2 行“凭证号”： 表格软件把这一格变成了数字 1.23E+17" in page
    page = text(upload(manager, "projects", b"PK\x03\x04" + b"\x00" * 99))
    assert "文件： 这是 Excel 或 WPS 的工作簿" in page
    page = text(upload(manager, "projects", "名称,目标\n灯,1\n".encode()))
    assert "第 1 行： 缺少这些列：项目类别 tier、项目简介 summary" in page
    rows = "".join(f"灯{line},micro,灯,{'x' if line in (2, 3, 4, 7) else 5},9\n" for line in range(2, 9))
    page = text(upload(manager, "projects", f"名称,类别,简介,目标,机构代码\n{rows}".encode()))
    assert "有 11 处要改" in page
    assert "第 2–4、7 行“目标”：" in page, "as the file heads it"
    assert "第 2–8 行“机构代码”： 组织网络里没有这个机构" in page
    assert 'line 2, "reference"' in text(manager.open("/console/imports/2?lang=en"))
    manager.open("/console/imports?lang=zh")
    assert "没有这个合作平台" in text(
        manager.send("/console/imports", 422, kind="statement", file=(io.BytesIO(b"x"), "a"))
    )
    manager.open("/console/imports")
    assert "请选择文件" in text(manager.send("/console/imports", 422, kind="projects"))


def test_a_bill_and_projects(manager: Reader, world: World) -> None:
    page = text(upload(manager, "statement", sample("wechat-trade-bill.utf8bom.csv"), "plat"))
    assert "平台账单 合作平台" in page and "收款：1 行，共 50.00 元" in page and "格式：微信支付账单" in page
    misspelt = NEW_PROJECT.replace(",code", ",项目代号,code", 1).replace(",LY-1", ",,LY-1")
    page = text(upload(manager, "projects", misspelt))
    assert "新的项目（目标金额）：1 行，共 30,000.00 元" in page and "没有读的列：项目代号" in page


def test_a_large_gift_is_confirmed_with_a_reason(manager: Reader, world: World) -> None:
    page = text(upload(manager, "donations", sample("offline-typo-million.csv")))
    assert "第 2 行“金额”： 超过 100,000.00 元" in page and "已核对，金额正确" in page
    assert "大额捐赠：请确认" in text(manager.send("/confirm", reason="回单已核对"))
    assert "原因：请填写" in text(manager.send("/confirm", large="yes", reason=""))
    assert "已确认" in text(manager.send("/confirm", reason="回单已核对"))  # what was ticked is ticked still
    assert work_off(world.deps) == 1


def test_a_large_gift_of_a_minor_is_confirmed_with_a_reason(manager: Reader, world: World) -> None:
    head = HEAD.replace("corrects,reason", "未成年人,监护人同意")
    page = text(upload(manager, "donations", head + "BOX-1,P000033,201,2026-09-09 10:00,,,14至17岁,是\n"))
    assert "第 2 行“金额”： 未成年人的捐赠超过 200.00 元" in page and "超过限额的捐赠已核对无误" in page
    assert "原因：请填写" in text(manager.send("/confirm", large="yes", reason=""))
    assert "已确认" in text(manager.send("/confirm", large="yes", reason="监护人已确认"))
    assert work_off(world.deps) == 1


def test_a_correction_is_confirmed_by_a_colleague(manager: Reader, world: World) -> None:
    upload(manager, "donations", HEAD + "BOX-1,P000033,1000,2026-09-09 10:00,,\n")
    manager.send("/confirm")
    work_off(world.deps)
    world.settle()
    page = text(upload(manager, "donations", sample("offline-correction.csv")))
    assert "须由另一人确认：请另一位同事登录" in page and "确认，导入" not in page
    world.do(create_manager, "cashier", PASSWORD, "finance", "test")
    colleague = Reader(manager.http.application.test_client(), world)
    colleague.sign_in("cashier")
    colleague.open("/console/imports/2")
    assert "已确认" in text(colleague.send("/confirm", reason="多输了"))
    assert work_off(world.deps) == 1
    assert "boss、cashier" in text(colleague.open("/console/imports"))
    world.check()


def test_the_import_page_is_open_to_roles_that_import(manager: Reader, world: World) -> None:
    upload(manager, "network", "x")
    for role, status in (("auditor", 403), ("liaison", 200)):
        world.do(create_manager, role, PASSWORD, role, "test")
        other = Reader(manager.http.application.test_client(), world)
        other.sign_in(role)
        assert ("/console/imports" in other.open("/console/")) == (status == 200)
        other.open("/console/imports", status)
        other.open("/console/imports/1", 403)


def test_the_network_is_imported_from_a_workbook_and_from_gb18030(manager: Reader, world: World) -> None:
    head, *tree = [line.split(",") for line in TREE.splitlines()]
    page = text(upload(manager, "network", workbook([*tree, ["41x!", "坏村", "village", "410101"]], head)))
    assert f"第 {len(tree) + 2} 行“代码”" in page and "没有导入任何内容" in page
    page = text(upload(manager, "network", workbook([*tree, ["41010103", "新村", "village", "410101"]], head)))
    assert "编码：xlsx" in page and "确认，导入 1 行" in page
    page = text(upload(manager, "network", f"{TREE}41010104,南沟,village,410101\n".encode("gb18030")))
    assert "编码：gb18030" in page and "确认，导入 1 行" in page


def test_the_exported_network_is_imported_again_with_one_new_village(manager: Reader, world: World) -> None:
    tree = "SELECT code, name, level, parent_code, lineage, latitude, longitude FROM organisation ORDER BY code"
    before = world.do(lambda tx: tx.rows(tree))
    top = text(manager.open("/console/network/41"))
    assert "导出 XLSX" in top and "导出 XLSX" not in text(manager.open("/console/network/4101"))
    english, chinese = (
        manager.http.get(f"/console/network.csv?lang={language}").get_data(as_text=True)
        for language in ("en", "zh")
    )
    for exported, village in ((english, "41010103,新村,village"), (chinese, "41010103,新村,村（社区）")):
        assert exported.count("\r\n") == len(before) + 1
        page = text(upload(manager, "network", f"{exported}{village},410101,,\r\n"))
        assert "确认，导入 1 行" in page and f"没有变化的机构：{len(before)} 行" in page, page
    page = text(upload(manager, "network", manager.http.get("/console/network.xlsx").get_data()))
    assert "文件里的内容以前都导入过" in page
    page = text(upload(manager, "network", TREE.splitlines()[0] + "\n41010103,新村,village,410101\n"))
    assert "上级“庙子镇”不在文件里" in page and "确认，导入 1 行" in page
    manager.send("/confirm")
    assert work_off(world.deps) == 1
    after = world.do(lambda tx: tx.rows(tree))
    assert [row for row in after if row.code != "41010103"] == before and len(after) == len(before) + 1


def test_a_county_exports_its_own_part_of_the_network(reader: Reader, world: World) -> None:
    world.do(create_manager, "county", PASSWORD, "manager", "test", "4102")
    reader.sign_in("county")
    rows = reader.http.get("/console/network.csv").get_data(as_text=True).splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["4102", "410201", "41020101"]
