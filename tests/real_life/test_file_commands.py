"""The network as Excel writes it, and what the commands that import files say."""

import csv
import io
from pathlib import Path

import pytest

from campaigns.network.tree_file import read as read_tree
from kernel.decode import decode
from kernel.errors import Invalid
from tests.cli.conftest import Terminal
from tests.real_life.files_steps import FILES, HEAD, codes, stands, stored, take, terminal, world
from tests.world import TREE, World

__all__ = ["terminal", "world"]


# The network, and what commands say.


def test_the_network_is_read_as_excel_writes_it_in_chinese() -> None:
    rows = TREE.splitlines()[1:]
    words = {"city": "市", "county": "区县", "township": "乡镇", "village": "村"}
    for word, chinese in words.items():
        rows = [row.replace(word, chinese) for row in rows]
    text = (
        "代码\t名称\t级别\t上级代码\n"
        + "\n".join(row.replace(",", "\t") for row in rows)
        + "\n\t\t\t\n合计\t8\t\t\n"
    )
    assert [node[1:] for node in read_tree(text.encode("utf-16"))] == [node[1:] for node in read_tree(TREE)]
    with pytest.raises(Invalid) as error:
        read_tree(TREE.replace("41010102", "4.1E+07").encode("gbk"))
    assert codes(error.value.fields) == {"line 8.code": "spreadsheet_number"}


def test_a_preview_says_what_was_understood_and_changes_nothing(world: World, terminal: Terminal) -> None:
    before = stored(world)
    gifts = str(FILES / "offline-excel-zh.gbk.csv")
    output = terminal.ok("import-donations", gifts, "--preview", "--lang", "en")
    for part in (
        "offline",
        "gb18030",
        "New donations: 2 rows, 1,050.00 yuan",
        "2 lines",
        "No errors found",
        "2026-09-09",
    ):
        assert part in output
    output = terminal.ok("import-donations", gifts, "--preview", "--lang", "zh")
    assert "新的捐赠：2 行，共 1,050.00 元" in output
    output = terminal.ok("import-statement", "plat", str(FILES / "alipay-merchant-bill.gb18030.csv"), "--preview")
    for part in ("alipay", "1,050.00", "-20.00", "6.18", "没有发现错误", "No errors found"):
        assert part in output
    assert stored(world) == before


def test_a_preview_names_every_fault_in_both_languages(world: World, terminal: Terminal) -> None:
    before = stored(world)
    result = terminal.run("import-donations", str(FILES / "offline-decimal-comma.csv"), "--preview")
    assert result.exit_code == 1
    assert "line 2.amount_yuan: " in result.stdout
    assert "第 2 行“金额”：请写清金额：是 100.50、10,050.00 元中的哪一个？" in result.stdout
    output = terminal.refused("import_invalid", "import-donations", str(FILES / "offline-typo-million.csv"))
    assert "第 2 行“金额”：超过 100,000.00 元" in output
    assert "line 2.amount_yuan: Above 100,000.00 yuan" in output
    assert stored(world) == before


def test_the_result_of_an_import_is_in_the_language_asked_for(
    world: World, terminal: Terminal, tmp_path: Path
) -> None:
    file, second = str(FILES / "bill-with-total-line.csv"), tmp_path / "second.csv"
    second.write_bytes((FILES / "bill-with-total-line.csv").read_bytes().replace(b"5000", b"5100"))
    assert terminal.ok("import-statement", "plat", file, "--lang", "zh") == "新增 1 行\n"
    assert terminal.ok("import-statement", "plat", file) == "0 new lines\n新增 0 行\n"
    assert terminal.ok("import-statement", "plat", str(second), "--lang", "zh").splitlines() == [
        "新增 0 行",
        "与以前的账单不同，另存待处理：1 行",
    ]


def test_a_correction_by_command(world: World, terminal: Terminal, tmp_path: Path) -> None:
    take(world, HEAD + "BOX-1,P000033,1000,2026-09-09 10:00,,\n")
    file = str(FILES / "offline-correction.csv")
    assert "--confirmed-by" in terminal.refused("import_invalid", "import-donations", file, "--lang", "en")
    options = ("--reason", "typo", "--entered-by", "li", "--confirmed-by", "wang")
    assert terminal.ok("import-donations", file, *options).startswith("1 new")
    world.settle()
    assert stands(world) == ("paid", 900_00, 100_00)
    world.check()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("alipay-merchant-bill.gb18030.csv", ("import-statement", "plat")),
        ("bill-refund-came-back.csv", ("import-statement", "plat")),
        ("bill-trailing-tabs.csv", ("import-statement", "plat")),
        ("bill-with-total-line.csv", ("import-statement", "plat")),
        ("wechat-trade-bill.utf8bom.csv", ("import-statement", "plat")),
        ("offline-excel-dates.utf8bom.csv", ("import-donations",)),
        ("offline-excel-zh.gbk.csv", ("import-donations",)),
        ("offline-rare-names.gb18030.csv", ("import-donations",)),
        ("offline-same-phone-three-ways.csv", ("import-donations",)),
    ],
)
def test_every_sample_saved_by_any_program_says_the_same(
    world: World, terminal: Terminal, tmp_path: Path, name: str, command: tuple[str, ...]
) -> None:
    text, _ = decode((FILES / name).read_bytes())
    rows = list(csv.reader(io.StringIO(text)))
    assert int(terminal.ok(*command, str(FILES / name)).split()[0]) > 0
    for encoding, delimiter in (("utf-8", ";"), ("utf-8-sig", ","), ("utf-16", "\t"), ("gb18030", ",")):
        file = tmp_path / f"{encoding}-{name}"
        with file.open("w", encoding=encoding, newline="") as saved:
            csv.writer(saved, delimiter=delimiter).writerows(rows)
        assert terminal.ok(*command, str(file)).startswith("0 new"), encoding


def test_a_bank_statement_in_xml_is_no_table(world: World, terminal: Terminal) -> None:
    output = terminal.refused(
        "import_invalid", "import-donations", str(FILES / "camt053-two-statements-reversals-batch.xml")
    )
    assert "这不是表格文件" in output and "文件：" in output
