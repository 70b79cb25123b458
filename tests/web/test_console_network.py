"""The tree of organisations: walked, searched, and changed one node at a time; nothing begins in a closed node."""

import pytest
from flask import Flask

from campaigns.close_node import close_node
from campaigns.network import tree
from campaigns.network.links import invite
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.search import search
from campaigns.projects.drafts import NewProject, create
from kernel.errors import Conflict, Invalid
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

TOWN = "410101"


def test_a_node_is_added_renamed_closed_and_opened_again(manager: Reader, world: World) -> None:
    manager.open(f"/console/network/{TOWN}")
    manager.open(f"/console/network/{TOWN}")
    assert "已增加“新<b>村”".replace("<b>", "&lt;b&gt;") in manager.send("/add", name="新<b>村", code="41010199")
    page = text(manager.open("/console/network/41010199"))
    assert "村（社区） 41010199" in page and "在下面增加" not in page
    manager.open(f"/console/network/{TOWN}")
    assert "已被使用" in manager.send("/add", 422, name="又一个", code="41010199")
    assert "只能用 1 至 32" in manager.send("/add", 422, name="又一个", code="4101/99")
    manager.open("/console/network/41010199")
    assert "已改名" in manager.send("/rename", name="新村社区")
    assert "请写明原因" in manager.send("/close", reason=" ")
    assert "不再新建项目" in manager.send("/close", reason="并入邻村")
    assert "已关闭" in manager.open(f"/console/network/{TOWN}")
    manager.open("/console/network/41010199")
    assert "已重新启用" in manager.send("/reopen")
    acts = text(manager.open("/console/audit?kind=organisation&number=41010199"))
    assert "修改机构名称" in acts and "新&lt;b&gt;村 → 新村社区" in acts and "并入邻村" in acts


def test_a_search_finds_a_node_and_only_within_the_branch(app: Flask, manager: Reader, world: World) -> None:
    assert "/console/network/4101" in manager.open("/console/network?q=栾川")
    assert "没有找到这个地区" in manager.open("/console/network?q=月球")
    world.do(create_manager, "county", PASSWORD, "liaison", "test", "4101")
    reader = Reader(app.test_client(), world)
    reader.sign_in("county")
    page = text(reader.open("/console/network"))
    assert "县区 4101" in page and "改名" not in page
    reader.open("/console/network/4102", 404)
    reader.open("/console/network/41", 404)


def test_nothing_begins_in_a_closed_node(world: World) -> None:
    world.do(tree.add, TOWN, "41010199", "旧村", "test")
    world.do(close_node, "41010199", "并入邻村", "test")
    assert world.do(search, "旧村") == [] and len(world.do(search, "旧村", closed=True)) == 1
    with pytest.raises(Invalid, match="organisation_closed"):
        world.do(create, NewProject("41010199", "灯", "micro", "灯", 1_000_00), "test")
    with pytest.raises(Invalid, match="organisation_closed"):
        world.do(invite, Caller("test", "admin"), "liaison", "41010199")
    world.do(tree.reopen, "41010199", "test")
    world.do(create, NewProject("41010199", "灯", "micro", "灯", 1_000_00), "test")
    with pytest.raises(Conflict, match="organisation_in_use") as refused:
        world.do(close_node, "41010199", "再关", "test")
    assert refused.value.params["projects"] == 1
    with pytest.raises(Conflict, match="organisation_in_use"):
        world.do(close_node, TOWN, "有村", "test")


def test_a_closed_branch_takes_no_node_and_opens_from_above(world: World) -> None:
    for code, parent in (("4109", "41"), ("410901", "4109")):
        world.do(tree.add, parent, code, f"新{code}", "test")
    world.do(close_node, "410901", "撤并", "test")
    world.do(close_node, "4109", "撤并", "test")
    with pytest.raises(Invalid, match="organisation_closed"):
        world.do(tree.add, "4109", "410902", "新镇", "test")
    with pytest.raises(Conflict, match="parent_closed"):
        world.do(tree.reopen, "410901", "test")
    world.check()


def test_a_node_is_merged_after_a_preview_and_its_address_redirects(manager: Reader, world: World) -> None:
    world.do(tree.add, TOWN, "41010198", "旧村", "test")
    manager.open("/console/network/41010198")
    assert "并入另一个机构" in manager.page.text
    manager.open("/console/network/41010198/merge")
    assert "蒿坪村" in manager.send("/merge", verb="find", place_q="蒿坪")
    assert "须在同一个县区里" in manager.send("/merge", verb="preview", into="41020101", reason="合村")
    page = text(manager.send("/merge", verb="preview", into="41010101", reason="合村"))
    assert "“旧村”并入“蒿坪村”" in page and "项目 0 个" in page
    assert "已并入" in manager.send("/merge", verb="save")
    page = text(manager.open("/console/network/41010198"))
    assert "41010198 已并入这里" in page and "蒿坪村" in page
