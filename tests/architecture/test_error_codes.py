"""Every code that a refusal carries is on the page that programs' authors read."""

import ast

from tests.architecture.error_codes import _in, codes, listed


def test_the_page_lists_the_codes_of_the_source_and_no_others() -> None:
    wanted = set(codes())
    assert len(wanted) > 60
    assert sorted(wanted - listed()) == [], "run: python -m tests.architecture.error_codes"
    assert sorted(listed() - wanted) == [], "run: python -m tests.architecture.error_codes"


def test_codes_are_stable_words() -> None:
    assert [code for code in codes() if not code.replace("_", "").isalnum() or code != code.lower()] == []


def test_the_reader_finds_every_way_of_refusing() -> None:
    source = 'raise Invalid("a_b", "says", fields={})\nx = errors.Conflict("c" if y else "d")\nNotFound(code)'
    assert _in(ast.parse(source)) == [("Invalid", "a_b", "says"), ("Conflict", "c", ""), ("Conflict", "d", "")]
