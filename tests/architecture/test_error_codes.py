"""Every code that a refusal or a fault carries has its texts, and stands on the page for authors of programs."""

import ast
import re
from typing import Any

import pytest

from app.i18n.refusals.faults import FAULTS
from app.i18n.refusals.refusals import REFUSALS
from tests.architecture.error_codes import KINDS, PAGE, Call, called, calls, calls_in, english, page, sources, words

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
REGENERATE = "run: python -m tests.architecture.error_codes"


def test_the_page_is_what_the_source_says() -> None:
    assert page() == PAGE.read_text(), REGENERATE


@pytest.mark.parametrize(("table", "names"), [(REFUSALS, KINDS), (FAULTS, ("fault",))])
def test_every_code_has_a_text_in_both_languages(table: dict[str, Any], names: tuple[str, ...]) -> None:
    codes = {call.code for call in calls(*names)}
    assert len(codes) > 50
    assert sorted(codes - set(table)) == []
    in_english = english()
    assert [code for code, text in table.items() if not in_english.get(str(text))] == []


def test_no_text_is_left_over() -> None:
    assert sorted(set(FAULTS) - {call.code for call in calls("fault")}) == []
    assert sorted(set(REFUSALS) - words()) == []


@pytest.mark.parametrize(("table", "names"), [(REFUSALS, KINDS), (FAULTS, ("fault",))])
def test_every_figure_that_a_text_names_is_given(table: dict[str, Any], names: tuple[str, ...]) -> None:
    without = [
        (call.code, call.room)
        for call in calls(*names)
        if call.code in table and not set(PLACEHOLDER.findall(str(table[call.code]))) <= call.params
    ]
    assert without == []


def test_the_code_of_every_fault_is_written_out() -> None:
    for tree, room in sources():
        made = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "fault"]
        assert len(made) <= len(calls_in(tree, room, ("fault",))), room


def test_no_regular_expression_reads_our_own_sentences() -> None:
    """A pattern with two English words in a row would read prose, and break when a sentence is worded anew."""
    prose = re.compile(r"[a-z]{2,} [a-z]{2,}")
    made = [
        (room, node.args[0].value)
        for tree, room in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and called(node) in ("compile", "match", "fullmatch", "search", "sub")
        and node.args
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    ]
    assert [pattern for pattern in made if prose.search(pattern[1])] == []


def test_codes_are_stablewords() -> None:
    codes = [call.code for call in calls(*KINDS, "fault")]
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9_]+", code)] == []


def test_the_reader_finds_every_way_of_refusing() -> None:
    source = 'raise Invalid("a_b", fields={})\nx = errors.Conflict("c" if y else "d", most=1)\nNotFound(code)'
    assert calls_in(ast.parse(source), "here", KINDS) == [
        Call("Invalid", "a_b", frozenset({"fields"}), "here"),
        Call("Conflict", "c", frozenset({"most"}), "here"),
        Call("Conflict", "d", frozenset({"most"}), "here"),
    ]
