"""Tables of what was met on the running product, each row with the tests that would fail if it came back."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_TESTS = Path(__file__).parent


class Row(NamedTuple):
    """What was met, and the tests that would fail if it came back."""

    about: str
    tests: tuple[str, ...]


def readme(head: str, rows: Mapping[str, Row]) -> str:
    """Return the README of a table: its head, and a line for each row."""
    lines = (
        f"| {id_} | {row.about} | {' '.join(f'`{test}`' for test in row.tests)} |" for id_, row in rows.items()
    )
    return head + "\n".join(lines) + "\n"


def unknown_tests(rows: Mapping[str, Row]) -> set[str]:
    """Return the tests that rows name and that do not exist."""
    sources = (path.read_text() for path in _TESTS.rglob("test_*.py"))
    known = {name for source in sources for name in re.findall(r"^def (test_\w+)\(", source, re.MULTILINE)}
    return {test for row in rows.values() for test in row.tests} - known
