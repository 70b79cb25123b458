"""The codes of refusals and of faults, read from the source: what `docs/error-codes.md` must list.

`python -m tests.architecture.error_codes` writes that page anew.
"""

import ast
import io
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.pofile import read_po

from app.i18n.refusals.faults import FAULTS
from app.i18n.refusals.problems import PROBLEMS
from app.i18n.refusals.refusals import REFUSALS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "error-codes.md"
CATALOGUE = ROOT / "app" / "i18n" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
ROOMS = ("app", "campaigns", "matching", "payments", "ledger", "kernel")
KINDS = ("NotFound", "Conflict", "Invalid", "Forbidden", "Unavailable", "Refusal", "WebhookRejected")
HEAD = """# Error codes

Made from the source by `python -m tests.architecture.error_codes`; a test compares both. A code never changes its
meaning. Texts may change; `%(name)s` stands for a figure that comes with the code.

## Refusals

Every refusal carries one of these codes: in `code` of a problem document (RFC 9457), in a form's message, in a
command's answer.

| code | kind | English | Chinese | from |
|---|---|---|---|---|
"""
PROBLEM_HEAD = """
## What the web framework turns away

| code | English | Chinese |
|---|---|---|
"""
FAULT_HEAD = """
## Faults of fields

What is wrong with one field of a request. A problem document has the English text in `errors` (field -> text) and
the code with its figures in `fields` (field -> `{"code": ..., ...}`). Figures that end in `_minor` are fen, those
in `_bps` basis points.

| code | English | Chinese | from |
|---|---|---|---|
"""


class Call(NamedTuple):
    """A place in the source that makes a refusal or a fault with a code written out."""

    name: str  # what is called: `Invalid`, `fault`
    code: str
    params: frozenset[str]
    room: str


@cache
def calls(*names: str) -> list[Call]:
    """Every call of one of these names in our packages that has a code written out."""
    return [call for tree, room in sources() for call in calls_in(tree, room, names)]


@cache
def sources() -> list[tuple[ast.Module, str]]:
    """Every module of our packages, with the room that it belongs to."""
    return [
        (ast.parse(path.read_text()), ".".join(path.relative_to(ROOT).parts[:2]).removesuffix(".py"))
        for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    ]


def calls_in(tree: ast.Module, room: str, names: tuple[str, ...]) -> list[Call]:
    """The calls of these names in one module; a code that is chosen by a condition counts as both."""
    return [
        Call(called(node), code, frozenset(word.arg for word in node.keywords if word.arg), room)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in names and node.args
        for code in _codes(node.args[0])
    ]


def called(node: ast.Call) -> str:
    """The name of what is called, without its module."""
    name = node.func
    return name.id if isinstance(name, ast.Name) else name.attr if isinstance(name, ast.Attribute) else ""


def _codes(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _codes(node.body) + _codes(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


@cache
def words() -> frozenset[str]:
    """Every text constant of the source but for the tables of texts."""
    return frozenset(
        node.value
        for tree, room in sources()
        if room != "app.i18n"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def english() -> dict[str, str]:
    """The English of every Chinese text."""
    catalogue = read_po(io.BytesIO(CATALOGUE.read_bytes()))
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def page() -> str:
    """The page as it should be."""
    refusals, faults = _by_code(calls(*KINDS)), _by_code(calls("fault"))
    return (
        HEAD
        + "".join(
            f"| `{code}` | {_kinds(rows)} | {_texts(REFUSALS, code)} | {_rooms(rows)} |\n"
            for code, rows in refusals
        )
        + PROBLEM_HEAD
        + "".join(f"| `{code}` | {_texts(PROBLEMS, code)} |\n" for code in sorted(PROBLEMS))
        + FAULT_HEAD
        + "".join(f"| `{code}` | {_texts(FAULTS, code)} | {_rooms(rows)} |\n" for code, rows in faults)
    )


def _by_code(made: list[Call]) -> list[tuple[str, list[Call]]]:
    rows: dict[str, list[Call]] = defaultdict(list)
    for call in made:
        rows[call.code].append(call)
    return sorted(rows.items())


def _kinds(rows: list[Call]) -> str:
    return ", ".join(sorted({call.name for call in rows}))


def _rooms(rows: list[Call]) -> str:
    return ", ".join(sorted({call.room for call in rows}))


def _texts(table: dict[str, Any], code: str) -> str:
    chinese = str(table.get(code, ""))
    return f"{english().get(chinese, '')} | {chinese}"


if __name__ == "__main__":
    PAGE.write_text(page())
