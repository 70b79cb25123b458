"""Both languages are complete, and every code of ours has words."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

from app.i18n import labels
from app.i18n.match_explanation import correction_lines, explain_lines
from campaigns.closing.models import CAUSES
from campaigns.donations.corrections import Correction
from campaigns.donations.explain import explain
from campaigns.donations.states import STATUSES
from campaigns.lifecycle.phases import PHASES
from campaigns.lifecycle.plan import FIELDS
from campaigns.projects import states
from kernel.money import ratio
from tests.world import World

APP = Path(__file__).parents[2] / "app"


def english() -> dict[str, tuple[str, ...]]:
    """Return the English of each Chinese text: for one and for many where it counts, the same once elsewhere."""
    source = (APP / "i18n/translations/en/LC_MESSAGES/messages.po").read_bytes()
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else message.string
        )
        for message in read_po(io.BytesIO(source), abort_invalid=True)
        if message.id and not message.fuzzy
    }


def test_placeholders_are_the_same_in_both_languages() -> None:
    names = re.compile(r"%\((\w+)\)s")
    for chinese, texts in english().items():
        assert sorted(names.findall(chinese)) == sorted(names.findall(texts[-1])), chinese
        assert set(names.findall(texts[0])) <= set(names.findall(chinese)), "one may be written as a word"


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (labels.PHASES, PHASES),
        (labels.STATUSES, STATUSES),
        (labels.PROJECT_STATUSES, states.STATUSES),
        (labels.PLAN, FIELDS),
        (labels.CAUSES, CAUSES),
    ],
)
def test_every_code_has_a_word(table: dict[str, str], codes: tuple[str, ...]) -> None:
    assert set(table) == {str(code) for code in codes}


def test_a_donations_story_in_both_languages(app: Flask, world: World) -> None:
    world.pot(30_00, name="A")
    world.pot(500_00, name="B", rank=2, minimum_minor=200_00)
    donation = world.pay(world.give())
    with world.db.transaction() as tx:
        explanation = explain(tx, donation.id)
    with app.app_context():
        lines = explain_lines(explanation)
        assert lines[1].endswith("配捐 30.00 元，池中余额 30.00 → 0.00 元。池中只剩 30.00 元。")
        assert "未达到起配金额 200.00 元。" in lines[2]
        with force_locale("en"):
            lines = explain_lines(explanation)
    assert lines[1].startswith("“A” (1:1): 100.00 yuan to match, 30.00 yuan matched")
    assert "Below the minimum donation of 200.00 yuan" in lines[2]


@pytest.mark.parametrize(("now", "words"), [(3000, "配捐仍为 30.00 元。"), (0, "配捐由 30.00 元变为 0.00 元。")])
def test_a_correction_says_whether_the_match_changed(world: World, app: Flask, now: int, words: str) -> None:
    world.pot(30_00)
    with world.db.transaction() as tx:
        explanation = explain(tx, world.give().id)
        corrected = Correction(tx.now, "甲村", "乙村", 100_00, 30_00, now)
    with app.app_context():
        (line,) = correction_lines(replace(explanation, corrections=(corrected,)))
    assert line.endswith(f"项目由“甲村”更正为“乙村”；{words}")


@pytest.mark.parametrize(("bps", "words"), [(10_000, "1:1"), (5_000, "1:0.5"), (15_000, "1:1.5"), (1, "1:0.0001")])
def test_ratios_as_people_say_them(bps: int, words: str) -> None:
    assert ratio(bps) == words
