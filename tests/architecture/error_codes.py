"""The codes of refusals, read from the source: what `docs/error-codes.md` must list.

`python -m tests.architecture.error_codes` writes that page anew.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "error-codes.md"
ROOMS = ("app", "campaigns", "matching", "payments", "ledger", "kernel")
REFUSALS = ("NotFound", "Conflict", "Invalid", "Forbidden", "Unavailable", "Refusal", "WebhookRejected")
HEAD = """# Error codes

Every refusal carries one of these codes: in `code` of a problem document (RFC 9457), in a form's message, in a
command's answer. A code never changes its meaning. Made from the source by
`python -m tests.architecture.error_codes`; a test compares both.

| code | kind | says | from |
|---|---|---|---|
"""


def codes() -> dict[str, tuple[str, str, str]]:
    """code -> (kinds of refusal, first message, rooms)."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for kind, code, message in _in(ast.parse(path.read_text())):
            found[code].append((kind, message, ".".join(path.relative_to(ROOT).parts[:2]).removesuffix(".py")))
    return {code: _joined(rows) for code, rows in sorted(found.items())}


def _in(tree: ast.Module) -> list[tuple[str, str, str]]:
    """(kind, code, message) of every refusal that is made here with a code written out."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in REFUSALS]
    return [
        (_name(call.func), code, _text(call.args[1]) if len(call.args) > 1 else "")
        for call in calls
        if call.args
        for code in _codes(call.args[0])
    ]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _codes(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _codes(node.body) + _codes(node.orelse)
    known = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if known else []  # type: ignore[attr-defined]


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _joined(rows: list[tuple[str, str, str]]) -> tuple[str, str, str]:
    kinds = ", ".join(sorted({row[0] for row in rows}))
    says = next((row[1] for row in rows if row[1]), "")
    return kinds, says, ", ".join(sorted({row[2] for row in rows}))


def page() -> str:
    """The page as it should be."""
    lines = [f"| `{code}` | {kind} | {says} | {rooms} |" for code, (kind, says, rooms) in codes().items()]
    return HEAD + "\n".join(lines) + "\n"


def listed() -> set[str]:
    """The codes that the page lists."""
    return set(re.findall(r"^\| `([a-z0-9_]+)` \|", PAGE.read_text(), re.MULTILINE))


if __name__ == "__main__":
    PAGE.write_text(page())
