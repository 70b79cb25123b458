"""A training uses a copy of the federation's own network, with its campaign in the branch of who ordered it."""

from collections.abc import Iterable

import pytest

from app.demo.accounts import COUNTY_MANAGER, EVENT_MANAGER, LIAISON
from app.demo.places import FEWEST_VILLAGES, places_in
from app.demo.rehearsal import SLUG
from app.demo.training import seed_training
from campaigns.close_node import close_node
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network import tree
from campaigns.network.accounts import list_accounts
from campaigns.network.copy_tree import copy_tree
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import Node, read
from kernel.clock import FixedClock
from kernel.db import Database
from tests.offline import offline_deps
from tests.world import World


def network(city: str, counties: Iterable[str], villages: int) -> str:
    """A network with that many villages in each county."""
    lines = ["code,name,level,parent_code", f"{city},{city}市,city,"]
    for county in counties:
        lines += [f"{county},{county}县,county,{city}", f"{county}1,{county}镇,township,{county}"]
        lines += [f"{county}1{nth:02},{county}第{nth}村村民委员会,village,{county}1" for nth in range(villages)]
    return "\n".join(lines) + "\n"


def nodes(*networks: str) -> list[Node]:
    return [node for text in networks for node in read(text)]


def test_the_campaign_is_in_the_branch_of_who_ordered_it() -> None:
    two = nodes(network("77", ("7701", "7702"), 4))
    places = places_in(two, "7702")
    assert places is not None
    assert (places.city, places.county, places.other_county) == ("77", "7702", "7701")
    used = {places.village, places.other_village, *places.in_review}
    assert len(used) == FEWEST_VILLAGES and places.village.startswith("77021")
    anywhere = places_in(two, None)
    assert anywhere is not None and anywhere.county == "7701"


def test_one_county_is_enough_and_too_few_villages_are_not() -> None:
    alone = places_in(nodes(network("77", ("7701",), FEWEST_VILLAGES)), None)
    assert alone is not None and alone.county == alone.other_county == "7701"
    assert alone.village != alone.other_village
    small = network("77", ("7701",), FEWEST_VILLAGES - 1)
    assert places_in(nodes(small), None) is None and places_in([], None) is None
    both = places_in(nodes(small, network("88", ("8801",), FEWEST_VILLAGES)), "7701")
    assert both is not None and both.city == "88"


def test_the_copy_reads_as_the_network_without_what_is_closed(world: World) -> None:
    before = read(world.do(copy_tree))
    with world.db.snapshot() as tx:
        rows = tx.rows("SELECT code, name, level, parent_code FROM organisation")
    assert {node[1:5] for node in before} == {tuple(row) for row in rows}
    world.do(tree.add, "4102", "410299", "=新镇, “引号”", "test")
    world.do(close_node, "410299", "typed in by mistake", "test")
    assert {node.code for node in read(world.do(copy_tree))} == {node.code for node in before}


def test_a_copy_keeps_names_and_centres_as_they_are(world: World) -> None:
    centred = 'code,name,level,parent_code,latitude,longitude\n88,"=甲市, “乙”",city,,34.123456789,112.5\n'
    world.do(import_tree, read(centred), "test")
    (node,) = (node for node in read(world.do(copy_tree)) if node.code == "88")
    assert (node.name, node.latitude, node.longitude) == ("=甲市, “乙”", 34.123456789, 112.5)


@pytest.mark.parametrize(
    ("own", "city", "county"),
    [(network("77", ("7701", "7702"), 4), "77", "7702"), ("", "4103", "410324")],
    ids=["own", "none yet: the demo's"],
)
def test_a_training_begins_with_it(db: Database, clock: FixedClock, own: str, city: str, county: str) -> None:
    deps = offline_deps(db)
    access = seed_training(deps, 3, own, "7702")
    assert access.county == {"7702": "7702县", "410324": "栾川县"}[county]
    assert seed_training(deps, 3, own, "7702") == access, "once"
    with db.transaction() as tx:
        campaign = find_campaign(tx, SLUG)
        host = campaign.plan["certificate_holder"]
        assert (campaign.host_code, host) == (
            city,
            {"77": "77市慈善总会（演示）", "4103": "洛阳市慈善总会（演示）"}[city],
        )
        branches = {account.login: account.branch_code for account in list_accounts(tx)}
    assert branches[EVENT_MANAGER] == city and branches[COUNTY_MANAGER] == county
    assert (branches[LIAISON] or "").startswith(county)
