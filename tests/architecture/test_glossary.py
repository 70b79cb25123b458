"""Every state, phase, kind of account and cause of a difference is a term with a Chinese word beside it."""

import re
from pathlib import Path

import pytest

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
