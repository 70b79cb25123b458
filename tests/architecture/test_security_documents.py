"""The answers to OWASP ASVS are complete and name tests that exist; the table of attacks is up to date."""

import re
from pathlib import Path

import pytest

from tests.attacks import table

ROOT = Path(__file__).parents[2]
SECURITY, ATTACKS = ROOT / "docs/security.md", ROOT / "tests/attacks/README.md"
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.M)
_ANSWERS = ("shown by ", "nothing to show: ", "operator: ", "open: ")
_TEST = re.compile(r"`(test_\w+)`")


def standard() -> dict[str, int]:
    """The requirements of levels 1 and 2: id -> level."""
    ids: dict[str, int] = {}
    for line in (ROOT / "tests/architecture/asvs_5_0_0.txt").read_text().splitlines():
        if not line.startswith("#"):
            level, _, ranges = line.partition(": ")
            for part in ranges.split():
                section, _, numbers = part.rpartition(".")
                first, _, last = numbers.partition("-")
                ids |= {f"{section}.{number}": int(level) for number in range(int(first), int(last or first) + 1)}
    return ids


def answers() -> dict[str, tuple[int, str]]:
    """The rows of the document: id -> level and answer."""
    return {row: (int(level), verdict) for row, level, _, verdict in _ROW.findall(SECURITY.read_text())}


def defined_tests() -> set[str]:
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }


def test_every_requirement_has_one_answer() -> None:
    assert len(standard()) == 253
    assert {row: level for row, (level, _) in answers().items()} == standard()
    assert len(_ROW.findall(SECURITY.read_text())) == 253
    assert [row for row, (_, verdict) in answers().items() if not verdict.startswith(_ANSWERS)] == []


def test_an_answer_names_what_shows_it() -> None:
    """A test, a file, a document or a rule of the linter; never only a claim."""
    shown = [verdict for _, verdict in answers().values() if verdict.startswith("shown by ")]
    assert len(shown) > 100
    assert [reply for reply in shown if not re.search(r"`[^`]+`|\]\(|the list below", reply)] == []


@pytest.mark.parametrize("document", [SECURITY, ATTACKS], ids=lambda path: path.name)
def test_every_named_test_exists(document: Path) -> None:
    named = set(_TEST.findall(document.read_text()))
    assert len(named) > 30
    assert sorted(named - defined_tests()) == []


def test_every_named_file_exists() -> None:
    text = SECURITY.read_text()
    files = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`", text))
    links = {link.split("#")[0] for link in re.findall(r"\]\(([^)h][^)]*)\)", text)}
    assert len(files) > 15
    assert sorted(file for file in files if not (ROOT / file).exists()) == []
    assert sorted(link for link in links if link and not (SECURITY.parent / link).exists()) == []


def test_every_locked_package_has_a_hash() -> None:
    """What is installed is what was locked, whoever answers as a registry."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    locked = [index for index, line in enumerate(lines) if re.match(r"[\w.-]+(\[.*\])?==", line)]
    assert len(locked) > 50
    assert [lines[index] for index in locked if "--hash=sha256:" not in lines[index + 1]] == []
    # Without --no-deps pip resolves extras anew, past the lock.
    assert "--require-hashes --no-deps" in (ROOT / "Makefile").read_text()


# The table of attacks.


def test_the_table_of_attacks_is_up_to_date() -> None:
    assert ATTACKS.read_text() == table.text(), "run `python -m tests.attacks.table`"


def test_each_test_of_an_attack_is_listed_in_its_row() -> None:
    sources = [path.read_text() for path in (ROOT / "tests/attacks").glob("test_*.py")]
    names = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    listed = {name for row in table.ROWS for name in table.tests_of(row)}
    assert len(names) > 30
    assert sorted(names - listed) == []
