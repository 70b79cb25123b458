"""Nodes are merged: what lives there goes on with the other, what was decided there replays as it was."""

import pytest

from campaigns.disclosure.standings import by_place
from campaigns.donations.explain import explain
from campaigns.donations.facts.replay import replay
from campaigns.funds import funds
from campaigns.lifecycle.campaign import find_campaign
from campaigns.merge_node import merge_node
from campaigns.network import tree
from campaigns.network.import_tree import import_tree
from campaigns.network.organisations import find
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from campaigns.network.tree_file import read
from campaigns.projects.projects import find as find_project
from kernel.errors import Conflict, Invalid
from tests.payouts.released import release
from tests.web.reader import PASSWORD
from tests.world import ACTOR, TREE, World

TOWN, OTHER_TOWN, VILLAGE, OTHER_VILLAGE = "410101", "410102", "41010101", "41010102"


@pytest.fixture
def released(world: World) -> World:
    """A campaign whose pot served one township, with a gift, is over."""
    world.do(tree.add, "4101", OTHER_TOWN, "邻镇", ACTOR)
    world.pot(1_000_00, scope={"under": [TOWN]}, project=80_00)
    world.pay(world.give(100_00))
    release(world)
    return world


def test_a_township_goes_on_in_another_with_all_below(released: World) -> None:
    world = released
    world.do(create_manager, "town", PASSWORD, "liaison", ACTOR, TOWN)
    world.do(create_token, "finance", "program", branch_code=TOWN)
    world.do(funds.create, "镇基金", "rural", ACTOR, TOWN)
    merged = world.do(merge_node, TOWN, OTHER_TOWN, "撤镇", ACTOR)
    assert merged._asdict() == {
        "nodes": 2,
        "projects": 2,
        "accounts": 1,
        "tokens": 1,
        "funds": 1,
        "grants": 0,
        "staff": 0,
    }
    assert world.do(find, VILLAGE).lineage == ["41", "4101", OTHER_TOWN, VILLAGE]
    project = world.do(find_project, world.projects[0])
    assert (project.lineage, project.township_code) == (["41", "4101", OTHER_TOWN, VILLAGE], OTHER_TOWN)
    node = world.do(find, TOWN)
    assert (node.merged_into, node.closed_at is not None) == (OTHER_TOWN, True)
    assert {each.node.code for each in world.do(tree.below, OTHER_TOWN)} == {VILLAGE, OTHER_VILLAGE}
    assert world.do(funds.list_funds)[-1].organisation_code == OTHER_TOWN
    towns = {place.name: place.matched_minor for place in world.do(by_place, _campaign(world), "township")}
    assert towns["邻镇"] == 80_00
    with pytest.raises(Conflict, match="node_merged"):
        world.do(tree.reopen, TOWN, ACTOR)
    with pytest.raises(Conflict, match="node_merged"):
        world.do(merge_node, TOWN, OTHER_TOWN, "撤镇", ACTOR)


def _campaign(world: World) -> int:
    campaign_id: int = world.do(find_campaign, world.slug).id
    return campaign_id


def test_decisions_before_a_merge_replay_and_are_explained_unchanged(released: World) -> None:
    world = released
    donation = world.do(lambda tx: tx.scalar("SELECT id FROM donation"))
    before = world.do(explain, donation).decisions
    world.do(merge_node, TOWN, OTHER_TOWN, "撤镇", ACTOR)
    world.check()
    assert replay(world.deps, world.slug).differences == ()
    assert world.do(explain, donation).decisions == before


def test_a_file_of_before_still_imports(released: World) -> None:
    released.do(merge_node, TOWN, OTHER_TOWN, "撤镇", ACTOR)
    imported = released.do(import_tree, read(TREE), ACTOR)
    assert (imported.added, imported.renamed) == (0, 0)


def test_a_running_campaign_or_pot_blocks_a_merge(world: World) -> None:
    world.do(tree.add, "4101", OTHER_TOWN, "邻镇", ACTOR)
    world.pot(1_000_00, scope={"under": [TOWN]}, name="镇池")
    with pytest.raises(Conflict) as refused:
        world.do(merge_node, TOWN, OTHER_TOWN, "撤镇", ACTOR)
    assert refused.value.code == "merge_blocked"
    assert refused.value.params == {"campaigns": [world.slug], "pots": ["镇池"], "payments": 0}
    assert world.do(find, TOWN).closed_at is None


@pytest.mark.parametrize(
    ("code", "into", "fault"),
    [
        (VILLAGE, VILLAGE, "same_node"),
        (VILLAGE, TOWN, "other_level"),
        (VILLAGE, "41020101", "other_county"),
        ("41", "41", "same_node"),
    ],
)
def test_only_a_like_node_of_the_county_takes_over(world: World, code: str, into: str, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(merge_node, code, into, "合村", ACTOR)
    assert refused.value.fields["into"].code == fault
