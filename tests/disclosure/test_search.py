"""Find my village: by places, several words, pinyin and theme; sorted as a dictionary."""

import pytest

from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.suggestions import Place, most_similar, similar_places
from campaigns.projects.spelling import spell_names, spelled
from tests.world import World

FOUND: list[tuple[str, list[str]]] = [
    ("蒿坪", ["41010101"]),
    ("栾川", ["41010101", "41010102"]),
    ("庙子镇", ["41010101", "41010102"]),
    ("栾川 蒿坪", ["41010101"]),
    ("嵩县 蒿坪", []),
    ("haoping", ["41010101"]),
    ("HPC", ["41010101"]),
    ("luanchuan huangshi", ["41010102"]),
    ("幸福家园　天桥", ["41020101"]),
    ("%", []),
    ("栾川蒿坪幸福", ["41010101"]),
    ("嵩县蒿坪", []),
    ("嵩县幸福", ["41020101"]),
    ("其他", ["41010101", "41010102", "41020101"]),
]


def test_a_village_is_found(world: World) -> None:
    assert spell_names(world.deps) > 3 and spell_names(world.deps) == 0
    for typed, codes in FOUND:
        rows, total = world.do(listed, ProjectQuery(q=typed, sort="name"))
        assert (sorted(row.organisation_code for row in rows), total) == (codes, len(codes)), typed


def test_names_are_sorted_by_pinyin(world: World) -> None:
    names = ["嵩山村", "安乐村", "洛北村"]
    for project, name in zip(world.projects, names, strict=True):
        world.do(lambda tx, p=project, n=name: tx.run("UPDATE project SET name = :n WHERE id = :p", n=n, p=p))
    spell_names(world.deps)
    assert [row.name for row in world.do(listed, ProjectQuery(sort="name"))[0]] == ["安乐村", "洛北村", "嵩山村"]


def test_text_that_is_not_chinese_is_not_spelled() -> None:
    assert spelled("A 食堂 100%") == ("a shi tang 100%", "ashitang100% ast1")


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("蒿平村", ["1"]),  # a homophone
        ("号瓶", ["1"]),  # two homophones
        ("蒿坡村", ["1"]),  # another character
        ("蒿平村食堂", ["1"]),  # with what it is for
        ("栾川市", ["3"]),  # another ending
        ("城关 天乔沟", ["2"]),
        ("haoqing", ["1"]),
        ("haopngcun", ["1"]),
        ("luochuan", ["3"]),
        ("xyz", []),
        ("村", []),
        ("", []),
    ],
)
def test_similar_places_are_suggested(typed: str, codes: list[str]) -> None:
    names = {"1": "蒿坪村村民委员会", "2": "天桥沟社区居民委员会", "3": "栾川县"}
    places = [Place(code, name, spelled(name).syllables) for code, name in names.items()]
    sounds = {character: spelled(character).syllables for character in typed}
    assert [place.code for place in most_similar(places, typed, sounds)] == codes


def test_a_misspelt_village_is_suggested_with_its_township(world: World) -> None:
    spell_names(world.deps)
    suggested = world.do(similar_places, 1, "号平")
    assert [(place.name, place.within) for place in suggested] == [("蒿坪村", "庙子镇")]
