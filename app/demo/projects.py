"""The projects of the demo: one village in each of the first townships of a county, each with a story."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from app.demo.gifts import Village
from app.demo.story import STANDARD, STORIES, description_of, summary_of
from campaigns.projects import drafts, review, transitions
from campaigns.projects.drafts import NewProject
from kernel.db import Tx

PER_COUNTY = 4
IN_REVIEW = 3
STANDARD_MINOR, STANDARD_PEOPLE = 91_250_00, 30  # its food is a meal for each of them on every day of a year
_VILLAGES = """SELECT v.code, v.name, c.name AS county, c.code AS county_code, t.code AS township_code
    FROM organisation v LEFT JOIN organisation t ON t.code = v.parent_code
    LEFT JOIN organisation c ON c.code = t.parent_code"""
OPINION = "请补一张预算明细：太阳能板和电池分开写，再请村委会盖章。"


def file_projects(tx: Tx, random: Random, actor: str) -> list[Village]:
    """File and approve the campaign's projects; return them weighted by how often donors choose them."""
    places = [place for of_county in _places(tx, nth=2).values() for place in of_county[:PER_COUNTY]]
    chosen = [_project(index, place, random.randint(24, 96)) for index, place in enumerate(places)]
    villages = [_approved(tx, project, actor, actor) for project in chosen]
    return [village._replace(weight=random.paretovariate(1.1)) for village in villages]


def file_standard(tx: Tx, city: str, actor: str) -> None:
    """File and approve the city's standard, the template from which villages start their projects."""
    described = description_of(STANDARD, STANDARD_PEOPLE, STANDARD_MINOR)
    del described["contact"]  # each village names its own
    summary = summary_of(STANDARD, STANDARD_PEOPLE, STANDARD_MINOR)
    title, theme = STANDARD.title, STANDARD.theme
    new = NewProject(city, title, "brand", summary, STANDARD_MINOR, theme=theme, description=described)
    _approved(tx, new, actor, actor)


def file_more(tx: Tx, county: str, most: int, maker: str, reviewer: str) -> list[Village]:
    """File and approve projects of other villages in a county."""
    return [
        file_at(tx, code, maker, reviewer, index, 30 + 7 * index)
        for index, code in enumerate(places_of(tx, county, nth=3)[:most])
    ]


def file_at(
    tx: Tx, code: str, maker: str, reviewer: str, index: int = len(STORIES) - 1, people: int = 52
) -> Village:
    """File and approve a project of a village, with the story of that index."""
    return _approved(tx, _project(index, _place(tx, code), people), maker, reviewer)


def file_for_review(tx: Tx, codes: Sequence[str], maker: str, reviewer: str) -> None:
    """File projects of villages: `IN_REVIEW` that wait for review, then one that was sent back."""
    for index, code in enumerate(codes):
        place = _place(tx, code)
        project = drafts.create(tx, _project(index, place, 41 + 5 * index), maker)
        assert project.id is not None
        transitions.submit(tx, project.id, maker)
        if index == IN_REVIEW:
            review.send_back(tx, project.id, OPINION, reviewer)


def first_place(tx: Tx, county: str) -> str:
    """Return the code of a county's first village with a project."""
    return places_of(tx, county, nth=2)[0]


def places_of(tx: Tx, county: str, nth: int) -> tuple[str, ...]:
    """Return the codes of the `nth` village of each township of a county."""
    return tuple(place.code for place in _places(tx, nth)[county])


def _place(tx: Tx, code: str) -> Any:
    return tx.rows(f"{_VILLAGES} WHERE v.code = :code", code=code)[0]


def _approved(tx: Tx, new: NewProject, maker: str, reviewer: str) -> Village:
    project = drafts.create(tx, new, maker)
    assert project.id is not None
    transitions.submit(tx, project.id, maker)
    transitions.approve(tx, project.id, reviewer)
    return Village(project.id, project.code, project.theme, 1.0)


def _places(tx: Tx, nth: int) -> dict[str, list[Any]]:
    """Return the `nth` village of each township, by county."""
    rows = tx.rows(
        f"""SELECT code, name, county, county_code FROM (
               SELECT v.*, row_number() OVER (PARTITION BY county_code, township_code ORDER BY code) AS nth
                 FROM ({_VILLAGES} WHERE v.level = 'village') AS v) AS x
            WHERE nth = :nth ORDER BY county_code, township_code""",
        nth=nth,
    )
    places: dict[str, list[Any]] = {}
    for row in rows:
        places.setdefault(row.county_code, []).append(row)
    return places


def _project(index: int, place: Any, people: int) -> NewProject:
    """Return a village's project; the themes take turns."""
    story = STORIES[index % len(STORIES)]
    # Some villages are named with their county and township, which stand beside a project's name.
    village = (
        re.sub(f"^{place.county}.{{1,4}}?(镇|乡|街道)", "", place.name)
        .removesuffix("村民委员会")
        .removesuffix("居民委员会")
        .removesuffix("村委会")
        .removesuffix("居委会")
    )
    target = (30_000 + 5_000 * (index % 7)) * 100
    return NewProject(
        place.code,
        f"{village}{story.title}",
        "micro",
        summary_of(story, people, target),
        target,
        theme=story.theme,
        description=description_of(story, people, target),
    )
