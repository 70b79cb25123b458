"""Every state, phase, kind of account and cause of a difference is a term with a Chinese word beside it."""

import re
from pathlib import Path

import pytest

from app.console.navigation import GROUPS
from app.i18n.page_words import OF_PAGES, TERMS
from campaigns.closing.models import CAUSES
from campaigns.donations.states import STATUSES
from campaigns.lifecycle.phases import PHASES
from ledger.chart import AccountKind
from matching.kinds import PotKind

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
ROW = re.compile(r"^\| `?([^|`]+)`? \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall(PAGE.read_text())


@pytest.mark.parametrize(
    "words", [STATUSES, PHASES, tuple(AccountKind), CAUSES, tuple(PotKind)], ids=lambda words: str(words[0])
)
def test_every_word_of_the_code_is_explained(words: tuple[str, ...]) -> None:
    explained = {row[0].strip() for row in rows()}
    assert [str(word) for word in words if str(word) not in explained] == []


def test_every_term_has_its_chinese_word() -> None:
    terms = [row for row in rows() if row[1].strip("- ") not in ("", "中文")]
    assert len(terms) > 50
    assert [row[0] for row in terms if not re.search(r"[一-鿿]", row[1])] == []


def test_pages_of_the_console_explain_terms_of_the_glossary() -> None:
    """By the same names; each term that is explained stands on a page, and each page and entry exists."""
    named = {(row[0].strip(), row[1].strip()) for row in rows()}
    assert [term for term in TERMS.values() if (term.english, term.chinese) not in named] == []
    assert set(TERMS) == {name for names in OF_PAGES.values() for name in names}
    source = "\n".join(path.read_text() for path in (PAGE.parents[1] / "app" / "console").rglob("*.py"))
    assert [page for page in OF_PAGES if f'"{page}"' not in source] == []


def test_each_entry_of_the_console_explains_its_words() -> None:
    """A page that has none of its own shows those of its entry in the navigation."""
    entries = {entry.endpoint for group in GROUPS for entry in group.entries}
    assert entries - set(OF_PAGES) == set()
