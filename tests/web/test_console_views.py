"""Filters of the list of donations are kept under a name, shared with the branch, and lead back to the list."""

import pytest
from flask import Flask

from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.saved_views import MOST_VIEWS, delete, save, views_of
from kernel.errors import Conflict, Invalid, NotFound
from tests.web.reader import PASSWORD, Reader
from tests.world import SLUG, World

BRANCHES = {"a": "4101", "b": "410101", "c": "4102"}
COUNTY, TOWN, OTHER = (Caller(name, "liaison", code, name) for name, code in BRANCHES.items())


def test_a_view_is_kept_used_shared_and_deleted(app: Flask, manager: Reader, world: World) -> None:
    manager.open(f"/console/donations?campaign={SLUG}&least=50&donor=abc")
    page = manager.send("/views", view_name="大<b>额", shared="yes")
    assert "视图已保存" in page and "大&lt;b&gt;额" in page and "大<b>额" not in page
    assert f"/console/donations?campaign={SLUG}&amp;least=50" in page and 'donor=abc">大' not in page
    world.do(create_manager, "county", PASSWORD, "liaison", "test", "4101")
    reader = Reader(app.test_client(), world)
    reader.sign_in("county")
    assert "大&lt;b&gt;额" in reader.open("/console/donations") and "/delete" not in reader.page.text
    manager.open("/console/donations")
    assert "视图已删除" in manager.send("/delete")


def test_shared_views_reach_the_branch_and_nobody_else(world: World) -> None:
    world.do(save, COUNTY, "donations", "mine", {"channel": "web"})
    world.do(save, COUNTY, "donations", "ours", {"channel": "web", "donor": "key"}, shared=True)
    seen = [[view.name for view in world.do(views_of, caller, "donations")] for caller in (COUNTY, TOWN, OTHER)]
    assert seen == [["mine", "ours"], ["ours"], []]
    ours = world.do(views_of, TOWN, "donations")[0]
    assert ours.filters == {"channel": "web"}, "none that leads to a person"
    with pytest.raises(NotFound, match="view_unknown"):
        world.do(delete, TOWN, ours.id)


def test_a_view_is_replaced_by_its_name_and_bad_ones_are_refused(world: World) -> None:
    world.do(save, COUNTY, "donations", "mine", {"channel": "web"})
    world.do(save, COUNTY, "donations", " mine", {"state": "paid"})
    assert [view.filters for view in world.do(views_of, COUNTY, "donations")] == [{"state": "paid"}]
    with pytest.raises(Invalid) as refused:
        world.do(save, COUNTY, "donations", "", {"donor": "key"})
    assert set(refused.value.fields) == {"name", "filters"}
    for number in range(MOST_VIEWS - 1):
        world.do(save, COUNTY, "donations", f"view {number}", {"state": "paid"})
    with pytest.raises(Conflict, match="views_limit"):
        world.do(save, COUNTY, "donations", "one more", {"state": "paid"})
