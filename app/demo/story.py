"""The texts of the demo's villages (`stories.json`): made up, like every name, number and sum in them."""

from pathlib import Path
from typing import Any, NamedTuple

import orjson


class Story(NamedTuple):
    """A theme of the demo's projects. `{people}` and `{target}` in the summary are placeholders.

    `budget`: names, shares of the target in percent, and notes; the last row takes the rest. `news`: how many days
    ago, title, text.
    """

    theme: str
    title: str
    summary: str
    unit: str
    unit_price_minor: int
    unit_note: str
    budget: list[tuple[str, int, str]]
    news: list[tuple[int, str, str]]


_DATA: dict[str, Any] = orjson.loads(Path(__file__).with_name("stories.json").read_bytes())
STORIES = [Story(**story) for story in _DATA["stories"]]
STANDARD = Story(**_DATA["standard"])  # of the city; villages start their projects from it
NAMES: list[str] = _DATA["names"]
TEAMS: dict[str, str] = _DATA["teams"]  # name -> kind


def messages_of(theme: str) -> list[str]:
    """Return messages that donors may write to a project of a theme."""
    return [*_DATA["messages"].get(theme, ()), *_DATA["anywhere"]]


def summary_of(story: Story, people: int, target_minor: int) -> str:
    """Return the summary of a project, three sentences."""
    return story.summary.format(people=people, target=_roughly(target_minor))


def description_of(story: Story, people: int, target_minor: int) -> dict[str, Any]:
    """Return the description on a project's page: the unit, a budget that adds up to the target, and a contact."""
    budget: list[dict[str, Any]] = [
        {"name": name, "amount_minor": target_minor * percent // 100, "note": note.format(people=people)}
        for name, percent, note in story.budget
    ]
    budget[-1]["amount_minor"] += target_minor - sum(row["amount_minor"] for row in budget)
    contact = {"name": "阿禾（演示）", "role": "村里联系人", "phone": "0379-0000000", "consented": True}
    unit = {"unit": story.unit, "unit_price_minor": story.unit_price_minor, "unit_note": story.unit_note}
    return {**unit, "budget": budget, "contact": contact}


def _roughly(amount_minor: int) -> str:
    return f"{amount_minor / 10_000_00:g} 万元"
