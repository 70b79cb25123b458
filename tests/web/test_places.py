"""Find my village by its place."""

import re

import pytest

from campaigns.disclosure.places import places
from campaigns.network.import_tree import Imported, import_tree
from campaigns.network.tree_file import read
from campaigns.projects.spelling import spell_names
from kernel.errors import Invalid
from tests.web.reader import Reader, text
from tests.world import World

HEAD = "code,name,level,parent_code,纬度,lng\n"


def test_counties_and_townships_with_projects_in_the_order_of_a_dictionary(world: World) -> None:
    spell_names(world.deps)
    with world.db.snapshot() as tx:
        shown = places(tx, 1)
    assert [(county.name, county.pinyin, county.projects) for county, _ in shown] == [
        ("栾川县", "luan chuan xian", 2),
        ("嵩县", "song xian", 1),
    ]
    assert [township.name for _, townships in shown for township in townships] == ["庙子镇", "车村镇"]


def test_the_page_links_from_county_to_village_without_asking_for_the_location(
    reader: Reader, world: World
) -> None:
    spell_names(world.deps)
    page = reader.open("/c/day/places")
    assert "data-near" not in page, "nobody said where the places are"
    assert reader.page.headers["Permissions-Policy"].endswith("geolocation=(self)")
    reader.open(re.findall(r'href="([^"]*under=4101)"', page)[0])
    assert "栾川县" in text(reader.page.text) and "xing fu jia yuan" not in reader.page.text
    assert "xing fu jia yuan" in reader.open("/c/day/places?under=4101&lang=en"), (
        "who cannot read the name can say it"
    )
    reader.open("/c/day/places?lang=zh")
    assert "这里没有参加活动的项目" in text(reader.open("/c/day/places?under=nowhere"))
    world.do(lambda tx: tx.run("UPDATE organisation SET latitude = 33.8, longitude = 111.6 WHERE code = '4101'"))
    page = reader.open("/c/day/places?lang=en")
    assert "data-near" in page and 'data-latitude="33.8" data-longitude="111.6"' in page


def test_centres_come_with_the_tree_and_stay_when_a_file_says_none(world: World) -> None:
    def taken(file: str) -> Imported:
        return world.do(import_tree, read(file), "test")  # type: ignore[no-any-return]

    assert taken(f"{HEAD}41,洛阳市,city,,,\n4101,栾川县,county,41,33.786,111.616\n") == Imported(0, 1, 0, 1)
    assert taken("code,name,level,parent_code\n41,洛阳市,city,\n4101,栾川县,county,41\n") == Imported(0, 2, 0, 0)
    assert taken(f"{HEAD}41,洛阳市,city,,,\n4101,栾川,county,41,33.7,111.6\n") == Imported(0, 1, 1, 0)
    rows = world.do(lambda tx: tx.rows("SELECT latitude, longitude FROM organisation WHERE code = '4101'"))
    assert [tuple(row) for row in rows] == [(33.7, 111.6)]


@pytest.mark.parametrize("centre", ["33.7,", ",111.6", "91,111.6", "33.7,-181", "north,111.6", "1e5,1"])
def test_a_centre_is_two_numbers_of_degrees(centre: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(f"{HEAD}41,洛阳市,city,,{centre}\n")
    assert {reason.code for reason in refused.value.fields.values()} == {"degrees"}
