"""Every table that leaves the system: CSV with the mark that spreadsheets want, workbooks, both without a formula.

The test finds them by itself: all addresses that answer with a table, and all commands under `export`.
"""

import ast
import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.csv_file import safe_cell, write_csv
from app.xlsx_file import CONTENT_TYPE as WORKBOOK
from tests.api.resources import COUNTY, things_of, things_of_the_federation
from tests.web.reader import Reader
from tests.web.workbook import read_workbook
from tests.world import World

APP = Path(__file__).parents[2] / "app"
EVIL = (
    "=1+1",
    "＝1+1",
    " =1+1",
    "\u3000＋1",
    "\u200b@A1",
    "-cmd",
    "－1+1",
    "＠SUM(1)",
    "+8613800138000",
    "|calc",
    "%0A=1",
)
_STARTS = re.compile(r"[\s\u200b\ufeff]*[=+\-@|%＝＋－＠]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def cells(text: str) -> list[list[str]]:
    """The rows of a file as a spreadsheet reads them; every promise about it is checked."""
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:], newline="")))
    for cell in (cell for row in rows for cell in row):
        assert _NUMBER.fullmatch(cell) or not _STARTS.match(cell), cell
        assert cell[:1] not in ("\t", "\r", "\n"), cell
    return rows


@pytest.mark.parametrize("text", [*EVIL, "\t=1", "\r=1", "\n=1+1"])
def test_a_formula_is_shown_as_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert cells(write_csv([text], [[text]])) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("value", ["-20.00", "-1", "100", "张三", "a=b", "1-2", "", 5, None])
def test_figures_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


def test_only_one_module_writes_csv() -> None:
    writers = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(name.name == "csv" for name in node.names)
    }
    assert writers == {"csv_file.py"}


def tables(
    manager: Reader, app: Flask, known: dict[str, Any], any_address: bool = False
) -> tuple[dict[str, int], dict[str, int]]:
    """Download every table whose address takes only these arguments. Return the number of lines by endpoint, of CSV
    files and of workbooks. `any_address` asks pages too whether they are tables."""
    lines, books = {}, {}
    for rule in app.url_map.iter_rules():
        if (
            "GET" not in (rule.methods or ())
            or not (any_address or "." in rule.rule)
            or not rule.arguments - {"file_format"} <= set(known)
            or rule.rule.endswith("/live")
        ):
            continue
        formats = sorted(getattr(rule._converters.get("file_format"), "items", ("",)))
        for file_format in formats:
            values = {name: (known | {"file_format": file_format})[name] for name in rule.arguments}
            with app.test_request_context():
                address = app.url_for(rule.endpoint, **values)
            response = manager.http.get(address)
            if response.content_type.startswith("text/csv"):
                lines[rule.endpoint] = len(cells(response.get_data(as_text=True)))
            if response.content_type == WORKBOOK:
                books[rule.endpoint] = len(read_workbook(response.get_data()))
            if response.content_type == WORKBOOK or response.content_type.startswith("text/csv"):
                disposition = response.headers["Content-Disposition"]
                assert re.fullmatch(r"attachment; filename=[\w.-]+\.(csv|xlsx)", disposition, re.ASCII), disposition
    return lines, books


def test_every_address_and_command_that_writes_a_table(manager: Reader, app: Flask, world: World) -> None:
    for place, evil in zip(("4101", "4102", "410101", "410201"), EVIL, strict=False):
        world.do(lambda tx, c=place, n=evil: tx.run("UPDATE organisation SET name = :n WHERE code = :c", n=n, c=c))
    for evil in EVIL:
        world.pay(world.give(100_00, team=evil))
    known = {"slug": world.slug, "project_id": world.projects[0], "donation_id": world.give(100_00).id}
    known["fund_id"] = world.do(lambda tx: tx.scalar("SELECT max(id) FROM fund"))
    lines, books = tables(manager, app, known, any_address=True)
    addresses = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in lines.keys() | books.keys()]
    assert all("." in address for address in addresses), addresses  # by which tables are known elsewhere
    # Donations, the statement and the trail have rows; nobody asked for a receipt.
    assert len(lines) >= 4 and sum(many > 2 for many in lines.values()) >= 3 and min(lines.values()) >= 1, lines
    # Each reading of the trail is an entry of the trail.
    assert books and all(lines[name] <= many <= lines[name] + 1 for name, many in books.items()), (lines, books)
    group = app.cli.commands["export"]
    for name in group.commands:  # type: ignore[attr-defined]
        result = app.test_cli_runner().invoke(args=["export", name, world.slug])
        assert result.exit_code == 0, result.output
        assert len(cells(result.stdout)) > len(EVIL)


def test_typed_text_is_never_a_formula_in_an_exported_table(manager: Reader, app: Flask, world: World) -> None:
    """Funds, pots, teams, goods, agreements, payees, sources, questions, people: all of them are called =1+1."""
    of_county = things_of(world, COUNTY._replace(mark="=1+1", team="老同学"))
    whole = things_of_the_federation(world)
    lines, _books = tables(manager, app, of_county | whole)
    assert len(lines) > 20 and sum(many > 1 for many in lines.values()) > 10, lines
