"""SQL as text stands only where it pays: in the files that ADR 5 lists. Elsewhere a typed `select()` or an
attribute write says it better."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADR = ROOT / "docs" / "adr" / "0005-bulk-sql-on-hot-paths.md"
PACKAGES = ("app", "campaigns", "matching", "payments", "ledger", "kernel")
# A file without one of these need not be parsed.
_WORD = re.compile(r"\b(?:WITH|SELECT|INSERT|UPDATE|DELETE|DROP|CREATE|ANALYZE)\s")
_STATEMENT = re.compile(
    r"^\s*(?:WITH\s+\w+|SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+|DELETE\s+FROM\s|DROP\s|CREATE\s|ANALYZE\s)"
)
_LISTED = re.compile(r"^\| `([\w/]+\.py)` \|", re.MULTILINE)


def statements(source: str) -> list[str]:
    """The texts in a file that begin like an SQL statement; docstrings are none."""
    if not _WORD.search(source):
        return []
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and _STATEMENT.match(node.value)
    ]


def test_sql_text_is_only_in_the_files_that_the_adr_lists() -> None:
    listed = set(_LISTED.findall(ADR.read_text()))
    holding = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if statements(path.read_text())
    }
    assert sorted(holding - listed) == [], "use a typed select(), or list the file with its reason"
    assert sorted(listed - holding) == [], "listed without need"


def test_a_statement_is_seen_and_prose_is_not() -> None:
    assert statements('tx.rows("SELECT 1")\nx = f"""\n  WITH a AS (SELECT {n})"""') == [
        "SELECT 1",
        "\n  WITH a AS (SELECT ",
    ]
    assert statements('"""SELECT is a word."""\nlabel = "Select one"\n') == []
