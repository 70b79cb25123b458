"""Local names say what they hold (CONTRIBUTING.md, How we write): the noun, not a word that fits anything."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "app",
    "bench",
    "campaigns",
    "embedded",
    "examples",
    "kernel",
    "ledger",
    "matching",
    "migrations",
    "payments",
    "sandbox",
    "settings",
    "tests",
)
BANNED = frozenset(["answer", "asked", "found", "given", "got", "one", "said", "thing", "told", "what", "wrong"])


def bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every variable, parameter and import alias; fields of classes are the schema's own."""
    fields = set()
    for node in ast.walk(tree):  # a class comes before its fields
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store) and id(node) not in fields:
                yield node.lineno, node.id
        elif isinstance(node, ast.ClassDef):
            for statement in node.body:
                fields |= {id(getattr(statement, "target", None)), *map(id, getattr(statement, "targets", ()))}
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.lineno, node.name


def test_no_name_is_thrown_away() -> None:
    sources = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    sources += sorted(ROOT.glob("*.py"))
    assert len(sources) > 300
    assert [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources
        for line, name in bound_names(ast.parse(path.read_text()))
        if name.strip("_") in BANNED
    ] == []


def test_every_way_to_bind_a_name_is_seen() -> None:
    tree = ast.parse(
        "from m import a as told\n"
        "class Row:\n    answer: str\n    found = 1\n"
        "def f(given, *, asked=1, **thing):\n"
        "    for one in given: wrong = one\n"
        "    with open(asked) as got: pass\n"
        "    if (found := [said for said in got]): pass\n"
        "    try: pass\n    except OSError as what: pass\n"
    )
    assert {name for _, name in bound_names(tree)} == BANNED - {"answer"}
