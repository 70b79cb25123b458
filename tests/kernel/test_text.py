"""Text from outside: what looks the same is the same."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.text import clean_label, clean_text, text_fault


@pytest.mark.parametrize(
    "looks_alike",
    [
        "爱心队\u200b",
        "爱\u2060心队",
        "爱心队\ufe0e",
        "\ufeff爱心队",
        "爱\u00ad心队",
        " 爱心队\u3000",
        "爱心队\u3164",
        "爱\U000e0100心队",
    ],
)
def test_teams_that_look_alike_are_one(looks_alike: str) -> None:
    assert clean_label(looks_alike) == "爱心队"


def test_composition_and_width_make_no_difference() -> None:
    assert clean_label("e\u0301cole") == clean_label("\u00e9cole") == "école"
    assert clean_label("Ａ班１") == clean_label("A班1") == "A班1"
    assert clean_label("爱心\u00a0队") == clean_label("爱心 队")


@pytest.mark.parametrize("turning", ["\u202e队心爱", "a\u2066b", "\u202bx"])
def test_text_that_turns_its_direction_is_refused(turning: str) -> None:
    refused = text_fault(clean_text(turning), 100)
    assert refused is not None
    assert refused.code == "direction_controls"


def test_text_of_invisible_characters_counts_as_empty() -> None:
    refused = text_fault(clean_text("\u3164\u200b"), 100)
    assert refused is not None
    assert refused.code == "required"


@pytest.mark.parametrize(
    "name", ["𠮷田", "䶮", "𫰠", "古丽·某某", "O'Brien", "Müller-Łódź", "ශ්‍රී".replace("\u200d", "")]
)
def test_real_names_stay_as_they_are(name: str) -> None:
    assert clean_text(name) == name
    assert text_fault(name, 100) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("👨\u200d👩\u200d👧 一家", "👨\u200d👩\u200d👧 一家"),
        ("👩🏽\u200d⚕\ufe0f", "👩🏽\u200d⚕\ufe0f"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("加油❤\ufe0f\ufe0f", "加油❤\ufe0f"),
        ("第1\ufe0f\u20e3名", "第1\ufe0f\u20e3名"),
        ("张\ufe0f伟1\ufe0f", "张伟1"),
        ("张\u200d伟", "张伟"),
        ("😀\u200d伟", "😀伟"),
        ("😀\u200d\u200d😀", "😀😀"),
    ],
)
def test_a_joiner_and_a_colour_stay_with_emojis_only(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept
    assert clean_label(typed) == re.sub("[\u200d\ufe0f]", "", kept)


def test_lines_and_tabs_stay_in_prose() -> None:
    assert clean_text("一\n二\t三") == "一\n二\t三"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_label(clean_label(text)) == clean_label(text)
    assert unicodedata.is_normalized("NFC", clean_text(text))
