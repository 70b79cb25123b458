"""PURE. Read the tree of organisations from a CSV file: all of its rows, or every fault in it."""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from kernel.errors import Fault, Invalid, fault
from kernel.text import text_fault
from matching.rules import LEVELS

COLUMNS = ("code", "name", "level", "parent_code")
MOST_NAME = 100  # characters, our default; the longest real name has 25

MOST_CODE = 32
_CODE = re.compile(rf"[0-9A-Za-z_-]{{1,{MOST_CODE}}}")
_LINE = re.compile(r"\r\n|\n|\r")


class Node(NamedTuple):
    """An organisation in the file; `lineage`: the codes from the city down to itself."""

    line: int
    code: str
    name: str
    level: str
    parent_code: str | None
    lineage: tuple[str, ...] = ()


def read(text: str) -> list[Node]:
    """Read a CSV file with the columns code, name, level and parent_code, in any order of rows.

    Raises Invalid `import_invalid` whose `fields` name every bad cell (`line 12.level`) or row (`line 12`).
    A row below a bad one is not blamed for its parent's fault.
    """
    faults: dict[str, Fault] = {}
    lines = _LINE.split(text.removeprefix("\ufeff"))
    nodes: dict[str, Node] = {}
    bad: set[str] = set()
    for number, cells in _rows(lines, faults, bad):
        node = Node(number, cells["code"], cells["name"], cells["level"], cells["parent_code"] or None)
        if row_faults := _row_faults(node, nodes):
            faults |= {f"line {number}.{column}": refused for column, refused in row_faults.items()}
            bad.add(node.code)
        else:
            nodes[node.code] = node
    for node in nodes.values():
        if refused := _place_fault(node, nodes, bad):
            faults[f"line {node.line}.parent_code"] = refused
    if not nodes and not faults:
        faults["line 1"] = fault("no_rows")
    if faults:
        raise refusal(faults)
    return [node._replace(lineage=_lineage(node, nodes)) for node in nodes.values()]


def refusal(faults: dict[str, Fault]) -> Invalid:
    """Return the refusal of a file; `faults` maps `line N` or `line N.column` to its fault."""
    ordered = dict(sorted(faults.items(), key=lambda item: int(item[0].removeprefix("line ").split(".")[0])))
    return Invalid("import_invalid", fields=ordered)


def _rows(lines: list[str], faults: dict[str, Fault], bad: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by column of each row with the right number of cells. Of the others put the fault
    into `faults`, and what may be their code into `bad`."""
    header = _cells(lines[0])
    if header is None or sorted(header) != sorted(COLUMNS):
        faults["line 1"] = fault("wrong_header", columns=COLUMNS)
        return
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = _cells(line)
        if cells is None:
            faults[f"line {number}"] = fault("unreadable")
            bad.update(cell.strip() for cell in line.split(","))
        elif len(cells) != len(header):
            faults[f"line {number}"] = fault("wrong_column_count", count=len(cells), expected=len(header))
            bad.update(cells)
        else:
            yield number, dict(zip(header, cells, strict=True))


def _cells(line: str) -> list[str] | None:
    """Return the cells of a line, or None if it is not CSV.

    Lines are read one by one: an open quote spoils its own line only, and later faults are still found.
    """
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None


def _row_faults(node: Node, earlier: dict[str, Node]) -> dict[str, Fault]:
    """Check a row by itself; return the faults by column."""
    faults: dict[str, Fault] = {}
    if not _CODE.fullmatch(node.code):
        faults["code"] = fault("code_format", most=MOST_CODE)
    elif node.code in earlier:
        faults["code"] = fault("repeated_line", line=earlier[node.code].line)
    if refused := text_fault(node.name, MOST_NAME):
        faults["name"] = refused
    if node.level not in LEVELS:
        faults["level"] = fault("not_one_of", options=LEVELS)
    elif node.level == LEVELS[0] and node.parent_code:
        faults["parent_code"] = fault("parent_not_allowed", level=node.level)
    elif node.level != LEVELS[0] and not node.parent_code:
        faults["parent_code"] = fault("parent_required", level=node.level)
    return faults


def _place_fault(node: Node, nodes: dict[str, Node], bad: set[str]) -> Fault | None:
    """Check the place of a row in the tree."""
    if node.parent_code is None:
        return None
    parent = nodes.get(node.parent_code)
    if parent is None:
        return None if node.parent_code in bad else fault("parent_missing")
    above = LEVELS[LEVELS.index(node.level) - 1]
    return None if parent.level == above else fault("parent_level", expected_level=above)


def _lineage(node: Node, nodes: dict[str, Node]) -> tuple[str, ...]:
    # This ends: `_place_fault` has checked that each parent is one level higher.
    above = _lineage(nodes[node.parent_code], nodes) if node.parent_code else ()
    return (*above, node.code)
