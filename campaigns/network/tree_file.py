"""PURE. Read the tree of organisations from a CSV file: all of its rows, or every fault in it."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from campaigns.import_plan import by_line
from kernel.errors import Fault, Invalid, fault
from kernel.tables import Column, Layout, Row, Table, Track, read_table
from kernel.text import clean_text, text_fault
from matching.rules import LEVELS

LAYOUT = Layout(
    "network",
    (
        Column("code", ("code", "代码", "编码", "组织代码"), exact=True),
        Column("name", ("name", "名称", "组织名称")),
        Column("level", ("level", "级别", "层级")),
        Column("parent_code", ("parent_code", "上级代码", "上级编码", "上级"), exact=True),
        Column("latitude", ("latitude", "lat", "纬度"), required=False),
        Column("longitude", ("longitude", "lng", "经度"), required=False),
    ),
    ours=True,
)
MOST_NAME = 100  # characters, our default; the longest real name has 25

MOST_CODE = 32
_MOST_DEGREES = {"latitude": 90, "longitude": 180}
_CODE = re.compile(rf"[0-9A-Za-z_-]{{1,{MOST_CODE}}}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,9})?")
# Levels as people write them in Chinese.
_LEVELS = (
    {"市": "city", "市级": "city", "县": "county", "区县": "county", "县级": "county", "县区": "county"}
    | {"乡镇": "township", "镇": "township", "乡镇级": "township", "街道": "township", "乡镇街道": "township"}
    | {"村": "village", "村社": "village", "村级": "village", "社区": "village", "村（社区）": "village"}
)


class Node(NamedTuple):
    """An organisation in the file; `lineage` holds the codes from its topmost superior in the file down to itself.
    The degrees are those of its centre; None: the file does not contain them."""

    line: int
    code: str
    name: str
    level: str
    parent_code: str | None
    lineage: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


class TreeFile(NamedTuple):
    """A parsed file: its valid rows without those below a faulty one, and the faults. Superiors that the file does
    not contain are left to the comparison with the tree."""

    table: Table
    nodes: tuple[Node, ...]
    faults: Mapping[str, Fault]


def is_code(text: str) -> bool:
    """Return whether this can be the code of an organisation."""
    return bool(_CODE.fullmatch(text))


def read(data: bytes | str) -> list[Node]:
    """Read a file in which every row is valid. Raises Invalid `import_invalid` with every fault."""
    file = read_file(data)
    if file.faults:
        raise Invalid("import_invalid", fields=file.faults)
    return list(file.nodes)


def read_file(data: bytes | str, track: Track = iter) -> TreeFile:
    """Read a file with the columns of `LAYOUT`, in any order of rows and columns.

    Faults name every bad cell (`line 12.level`) or row (`line 12`). A row below a bad one is not blamed for its
    parent's fault. Raises Invalid `import_invalid` for a file that is not a table.
    """
    table = read_table(data, (LAYOUT,))
    faults: dict[str, Fault] = dict(table.faults)
    spoiled = table.faulty_lines
    nodes: dict[str, Node] = {}
    bad = {cell for row in table.refused for cell in row.cells.values()}
    for row in track(table.rows):
        node = _node(row)
        refusals = _row_faults(node, nodes) | _centre_faults(row)
        row_faults = {f"line {row.line}.{column}": refused for column, refused in refusals.items()}
        if row_faults or row.line in spoiled:
            faults |= {place: reason for place, reason in row_faults.items() if place not in faults}
            bad.add(node.code)
        else:
            nodes[node.code] = node
    for node in nodes.values():
        if refused := _place_fault(node, nodes):
            faults[f"line {node.line}.parent_code"] = refused
            bad.add(node.code)
    lineages = ((node, _lineage(node, nodes, bad)) for node in nodes.values())
    sound = tuple(node._replace(lineage=lineage) for node, lineage in lineages if bad.isdisjoint(lineage))
    return TreeFile(table, sound, by_line(faults))


def _node(row: Row) -> Node:
    cells = row.cells
    level = _LEVELS.get(cells["level"], cells["level"])
    centre = () if _centre_faults(row) else map(_degrees, (cells.get(name, "") for name in _MOST_DEGREES))
    return Node(
        row.line, cells["code"], clean_text(cells["name"]), level, cells["parent_code"] or None, (), *centre
    )


def _centre_faults(row: Row) -> dict[str, Fault]:
    """Check that both degrees are within their bounds, or both missing."""
    cells = {name: row.cells.get(name, "") for name in _MOST_DEGREES}
    if not any(cells.values()):
        return {}
    degrees = {name: _degrees(cell) for name, cell in cells.items()}
    return {
        name: fault("degrees", most=most)
        for name, most in _MOST_DEGREES.items()
        if (value := degrees[name]) is None or not -most <= value <= most
    }


def _degrees(cell: str) -> float | None:
    return float(cell) if _DEGREES.fullmatch(cell) else None


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


def _place_fault(node: Node, nodes: dict[str, Node]) -> Fault | None:
    """Check the place of a row below its superior in the file."""
    parent = nodes.get(node.parent_code or "")
    return level_fault(node, parent.level) if parent else None


def level_fault(node: Node, parent_level: str) -> Fault | None:
    """Check that a superior is one level above its node."""
    above = LEVELS[LEVELS.index(node.level) - 1]
    return None if parent_level == above else fault("parent_level", expected_level=above)


def _lineage(node: Node, nodes: dict[str, Node], bad: set[str]) -> tuple[str, ...]:
    """Return the codes down to a node from its topmost superior in the file, or from the lowest bad one."""
    if node.code in bad or node.parent_code is None:
        return (node.code,)
    if node.parent_code in bad:
        return (node.parent_code, node.code)
    # This terminates: `_place_fault` has found each parent that is not one level higher.
    above = nodes.get(node.parent_code)
    return (*(_lineage(above, nodes, bad) if above else ()), node.code)
