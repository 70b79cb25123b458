"""Find my village: by places, several words, pinyin and theme; sorted as a dictionary."""

import pytest

from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.suggestions import Place, most_similar
from campaigns.projects.spelling import spell_names, spelled
from tests.world import World


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
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
    ],
)
def test_a_village_is_found(world: World, typed: str, codes: list[str]) -> None:
    assert spell_names(world.deps) > 3 and spell_names(world.deps) == 0
    rows, total = world.do(listed, ProjectQuery(q=typed, sort="name"))
    assert sorted(row.organisation_code for row in rows) == codes and total == len(codes)


def test_names_are_sorted_by_pinyin(world: World) -> None:
    names = ["嵩山村", "安乐村", "洛北村"]
    for project, name in zip(world.projects, names, strict=True):
        world.do(lambda tx, p=project, n=name: tx.run("UPDATE project SET name = :n WHERE id = :p", n=n, p=p))
    spell_names(world.deps)
    assert [row.name for row in world.do(listed, ProjectQuery(sort="name"))[0]] == ["安乐村", "洛北村", "嵩山村"]


def test_text_that_is_not_chinese_is_not_spelled() -> None:
    assert spelled("A 食堂 100%") == ("a shi tang 100%", "ashitang100% ast1")


def test_similar_places_are_suggested() -> None:
    places = [Place("1", "蒿坪村", "haopingcun hpc"), Place("2", "天桥沟村", "tianqiaogoucun tqgc")]
    assert [place.code for place in most_similar(places, "蒿平村")][:1] == ["1"]
    assert [place.code for place in most_similar(places, "haoqing")] == ["1"]
    assert most_similar(places, "xyz") == [] and most_similar(places, "") == []
