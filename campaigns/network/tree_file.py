"""PURE. The tree of organisations as a CSV file has it: all of its rows, or every fault in it named."""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from kernel.errors import Invalid
from kernel.text import text_fault
from matching.rules import LEVELS

COLUMNS = ("code", "name", "level", "parent_code")
MOST_NAME = 100  # characters (ours); the longest real name has 25

_CODE = re.compile(r"[0-9A-Za-z_-]{1,32}")
_LINE = re.compile(r"\r\n|\n|\r")


class Node(NamedTuple):
    """One organisation as the file has it; `lineage` holds the codes from the city down to itself."""

    line: int
    code: str
    name: str
    level: str
    parent_code: str | None
    lineage: tuple[str, ...] = ()


def read(text: str) -> list[Node]:
    """The nodes of a CSV file with the columns code, name, level and parent_code, in any order of rows.

    Raises Invalid `import_invalid` whose `fields` name every bad row: `line 12` -> what is wrong with it.
    A row below a bad one is not blamed for its parent's fault.
    """
    wrong: dict[str, str] = {}
    lines = _LINE.split(text.removeprefix("\ufeff"))
    nodes: dict[str, Node] = {}
    bad: set[str] = set()
    for number, cells in _rows(lines, wrong, bad):
        node = Node(number, cells["code"], cells["name"], cells["level"], cells["parent_code"] or None)
        reason = _row_fault(node, nodes)
        if reason is None:
            nodes[node.code] = node
        else:
            wrong[f"line {number}"] = reason
            bad.add(node.code)
    for node in nodes.values():
        if reason := _place_fault(node, nodes, bad):
            wrong[f"line {node.line}"] = reason
    if not nodes and not wrong:
        wrong["line 1"] = "the file has no rows"
    if wrong:
        raise refusal(wrong)
    return [node._replace(lineage=_lineage(node, nodes)) for node in nodes.values()]


def refusal(wrong: dict[str, str]) -> Invalid:
    """The refusal of a file; `wrong`: `line N` -> reason."""
    ordered = dict(sorted(wrong.items(), key=lambda item: int(item[0].removeprefix("line "))))
    return Invalid("import_invalid", fields=ordered)


def _rows(lines: list[str], wrong: dict[str, str], bad: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of every row that has the right shape; of the others the reason goes
    to `wrong`, and what may be their code to `bad`."""
    header = _cells(lines[0])
    if not isinstance(header, list) or sorted(header) != sorted(COLUMNS):
        wrong["line 1"] = "the header must be " + ",".join(COLUMNS)
        return
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = _cells(line)
        if isinstance(cells, str):
            wrong[f"line {number}"] = cells
            bad.update(cell.strip() for cell in line.split(","))
        elif len(cells) != len(header):
            wrong[f"line {number}"] = f"has {len(cells)} columns, must have {len(header)}"
            bad.update(cells)
        else:
            yield number, dict(zip(header, cells, strict=True))


def _cells(line: str) -> list[str] | str:
    """The cells of one line, or why it cannot be read. Lines are read one by one: an open quote spoils only
    its own line, and the reader can go on to name the faults of the next."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        return f"is not CSV: {error}"


def _row_fault(node: Node, earlier: dict[str, Node]) -> str | None:
    """What is wrong with a row by itself."""
    if not _CODE.fullmatch(node.code):
        return "code must be 1 to 32 letters, digits, - or _"
    if node.code in earlier:
        return f"code {node.code} is already on line {earlier[node.code].line}"
    if reason := text_fault(node.name, MOST_NAME):
        return f"name {reason}"
    if node.level not in LEVELS:
        return "level must be one of " + ", ".join(LEVELS)
    if node.level == LEVELS[0] and node.parent_code:
        return f"a {LEVELS[0]} has no parent"
    if node.level != LEVELS[0] and not node.parent_code:
        return f"a {node.level} needs a parent"
    return None


def _place_fault(node: Node, nodes: dict[str, Node], bad: set[str]) -> str | None:
    """What is wrong with where a row stands in the tree."""
    if node.parent_code is None:
        return None
    parent = nodes.get(node.parent_code)
    if parent is None:
        return None if node.parent_code in bad else "the parent is not in the file"
    above = LEVELS[LEVELS.index(node.level) - 1]
    return None if parent.level == above else f"the parent of a {node.level} must be a {above}"


def _lineage(node: Node, nodes: dict[str, Node]) -> tuple[str, ...]:
    # Ends: each parent is one level higher, which `_place_fault` has made sure of.
    above = _lineage(nodes[node.parent_code], nodes) if node.parent_code else ()
    return (*above, node.code)
