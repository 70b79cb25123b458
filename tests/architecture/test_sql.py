"""SQL keeps to the order of the rooms, which import contracts cannot see: no statement names a table of a room
above its own, or beside it."""

import ast
import re
from configparser import ConfigParser
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from sqlmodel import SQLModel

ROOT = Path(__file__).parents[2]
_WORD = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\b")  # a file without one need not be parsed
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(?:ONLY\s+)?(\w+)")

# file -> the tables that it may name all the same, and why
EXCEPTIONS = {
    "campaigns/projects/transitions.py": {
        "campaign",
        "campaign_entry",
    },  # a stopped project stops at once in its events
}


@cache
def floors() -> dict[str, int]:
    """Room -> how high it stands, as the import contracts have it; rooms side by side share a floor."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    rooms = _layers(contracts, "rooms")
    inner = [[f"campaigns.{name}" for name in layer] for layer in _layers(contracts, "campaigns")]
    at = rooms.index(["campaigns"])
    stack = rooms[:at] + inner + rooms[at + 1 :]
    return {room: len(stack) - index for index, layer in enumerate(stack) for room in layer}


def _layers(contracts: ConfigParser, name: str) -> list[list[str]]:
    lines = contracts[f"importlinter:contract:{name}"]["layers"].split()
    return [layer.split("|") for layer in re.sub(r"\s*\|\s*", "|", " ".join(lines)).split()]


def room_of(path: Path) -> str:
    """The room of a file; inside campaigns each folder is one."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] == "campaigns" else parts[0]


def sources() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for top in ("app", "campaigns", "matching", "payments", "ledger", "kernel")
        for path in sorted((ROOT / top).rglob("*.py"))
    ]


@cache
def tables() -> dict[str, str]:
    """Table -> the room whose models define it."""
    for path in sources():
        if "table=True" in (ROOT / path).read_text():
            import_module(".".join(path.with_suffix("").parts))
    models = [model for model in SQLModel.__subclasses__() if hasattr(model, "__table__")]
    return {str(model.__tablename__): room_of(Path(*model.__module__.split("."))) for model in models}


def breaches(path: Path, source: str) -> set[str]:
    """The tables that SQL in this file names and should not know."""
    if not _WORD.search(source):
        return set()
    high, owners, here = floors(), tables(), room_of(path)
    texts = [str(node.value) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    named = {table for text in texts for table in _NAMED.findall(text) if table in owners}
    return {table for table in named if owners[table] != here and high[owners[table]] >= high[here]}


def test_every_table_has_a_room_and_every_room_a_floor() -> None:
    assert {"project": "campaigns.projects", "pot": "matching", "job_run": "app"}.items() <= tables().items()
    assert {room_of(path) for path in sources() if path.name != "__init__.py"} <= set(floors())


def test_no_statement_names_a_table_of_a_room_above_or_beside() -> None:
    faults_found = {str(path): breaches(path, (ROOT / path).read_text()) for path in sources()}
    assert {file: named for file, named in faults_found.items() if named} == EXCEPTIONS


@pytest.mark.parametrize(
    ("file", "statement", "named"),
    [
        ("matching/cap_usage.py", "SELECT 1 FROM pot JOIN project p ON true", {"project"}),
        ("payments/inbox/inbox.py", "UPDATE pot SET rank = 1", {"pot"}),
        ("campaigns/network/people.py", "SELECT 1 WHERE EXISTS (SELECT FROM\n donation d)", {"donation"}),
        ("campaigns/closing/report.py", "INSERT INTO discrepancy SELECT FROM donation", set()),
    ],
)
def test_a_breach_is_seen(file: str, statement: str, named: set[str]) -> None:
    assert breaches(Path(file), f"tx.rows({statement!r})") == named
