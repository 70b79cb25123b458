"""docs/privacy.md says of every column that can hold text whether it is personal, and how it is protected."""

import re
from importlib import import_module
from pathlib import Path

from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import AutoString, SQLModel

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+` ?)+)\| (\w+) \|", re.M)
KINDS = {"none", "staff", "words", "public", "key", "sealed"}


def stored() -> set[tuple[str, str]]:
    """Table and column of all that can hold text."""
    rooms = re.findall(
        r'"((?:app|campaigns|ledger|matching|payments)\.[\w.]+)"', (ROOT / "migrations/env.py").read_text()
    )
    for room in rooms:
        import_module(room)
    return {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | AutoString | JSONB | LargeBinary | ARRAY)
    }


def described() -> list[tuple[str, str, str]]:
    """Table, column and kind, as the document has them."""
    rows = ROW.findall((ROOT / "docs/privacy.md").read_text())
    return [(table, column, kind) for table, columns, kind in rows for column in re.findall(r"\w+", columns)]


def test_every_column_with_text_is_described_once() -> None:
    columns = [(table, column) for table, column, _ in described()]
    assert sorted(columns) == sorted(stored())


def test_every_column_is_of_a_known_kind() -> None:
    assert {kind for _, _, kind in described()} == KINDS
