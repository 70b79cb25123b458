"""Files and functions stay small enough to be held in the head (ARCHITECTURE.md, Rules)."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "app",
    "campaigns",
    "matching",
    "payments",
    "ledger",
    "kernel",
    "sandbox",
    "embedded",
    "settings",
    "bench",
    "tests",
)
MAX_FILE, MAX_FUNCTION = 300, 70  # lines
MAX_FOLDER = 30  # modules side by side


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Name and number of lines of every function; a class is not counted, its methods are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert len(lengths) > 300
    assert {path: length for path, length in lengths.items() if length > MAX_FILE} == {}


def test_no_package_is_crowded() -> None:
    packages = (path.parent.relative_to(ROOT) for path in sources())
    modules = Counter(str(package) for package in packages if package.parts[:1] != ("tests",))
    assert len(modules) > 50
    assert {package: number for package, number in modules.items() if number > MAX_FOLDER} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    too_big = {
        f"{path.relative_to(ROOT)}:{name}": length
        for path in sources()
        if (source := path.read_text()).count("\n") > MAX_FUNCTION
        for name, length in functions(ast.parse(source))
        if length > MAX_FUNCTION
    }
    assert too_big == {}


def test_lines_are_counted() -> None:
    tree = ast.parse("class A:\n    def f(self):\n        pass\n\n\ndef g():\n    return 1\n")
    assert list(functions(tree)) == [("g", 2), ("f", 2)]
