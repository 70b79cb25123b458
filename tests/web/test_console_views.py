"""Filters of the list of donations are kept under a name, shared with the branch, and lead back to the list."""

import pytest
from flask import Flask

from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.saved_views import MOST_VIEWS, PAGES, delete, save, views_of
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
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


LISTS = {
    "projects": ("/console/projects", "q=abc"),
    "cases": (f"/console/campaigns/{SLUG}/cases", "state=open"),
    "differences": (f"/console/campaigns/{SLUG}/reconciliation", "state=signed_off"),
    "messages": ("/console/inbox", "source=stripe"),
    "refund_requests": ("/console/refund-requests", "state=open"),
    "payments": ("/console/payments", "state=open"),
}


def test_every_list_keeps_and_deletes_its_views(manager: Reader) -> None:
    assert {"donations", *LISTS} == set(PAGES)
    for page, (address, filters) in LISTS.items():
        manager.open(f"{address}?{filters}")
        shown = manager.send("/views", view_name=f"大<b>{page}", shared="yes")
        assert "视图已保存" in shown and manager.page.request.full_path == f"{address}?{filters}"
        assert f'href="{address}?{filters}">大&lt;b&gt;{page}</a>' in manager.open(address)
    for address, _ in LISTS.values():
        shown = manager.open(address)
        assert shown.count("大&lt;b&gt;") == 1, "each list has its own"
        assert "视图已删除" in manager.send("/delete") and "大&lt;b&gt;" not in manager.page.text
        assert manager.page.request.path == address


def test_differences_of_no_campaign_share_the_views_of_differences(manager: Reader) -> None:
    manager.open("/console/reconciliation?state=open")
    manager.send("/views", view_name="未处理")
    assert manager.page.request.full_path == "/console/reconciliation?state=open"
    assert f"/console/campaigns/{SLUG}/reconciliation?state=open" in manager.open(LISTS["differences"][0])


@pytest.mark.parametrize("page", ["nothing", "", "cases", "differences"])
def test_a_saved_view_of_an_unknown_list_does_not_redirect_elsewhere(manager: Reader, page: str) -> None:
    manager.open("/console/projects?q=abc")
    manager.send("/views", status=404 if page == "cases" else 200, view_name="x", page=page, q="abc")
    assert manager.page.request.host == "localhost" and "视图已保存" not in manager.page.text


def test_views_of_a_list_need_the_right_to_read_it(world: World) -> None:
    for page, filters in (("messages", {"queue": "open"}), ("refund_requests", {"state": "open"})):
        with pytest.raises(Forbidden, match="not_permitted"):
            world.do(save, COUNTY, page, "mine", filters)
        with pytest.raises(Forbidden, match="not_permitted"):
            world.do(views_of, COUNTY, page)


def test_shared_views_are_visible_only_in_the_branch(world: World) -> None:
    world.do(save, COUNTY, "donations", "mine", {"channel": "web"})
    world.do(save, COUNTY, "donations", "ours", {"channel": "web"}, shared=True)
    seen = [[view.name for view in world.do(views_of, caller, "donations")] for caller in (COUNTY, TOWN, OTHER)]
    assert seen == [["mine", "ours"], ["ours"], []]
    ours = world.do(views_of, TOWN, "donations")[0]
    with pytest.raises(NotFound, match="view_unknown"):
        world.do(delete, TOWN, ours.id)


def test_a_view_is_replaced_by_its_name_and_bad_ones_are_refused(world: World) -> None:
    world.do(save, COUNTY, "donations", "mine", {"channel": "web"})
    world.do(save, COUNTY, "donations", " mine", {"state": "paid"})
    assert [view.filters for view in world.do(views_of, COUNTY, "donations")] == [{"state": "paid"}]
    with pytest.raises(Invalid) as refused:
        world.do(save, COUNTY, "donations", "", {"donor": "key"})
    assert set(refused.value.fields) == {"name", "filters"}, "none that leads to a person"
    for number in range(MOST_VIEWS - 1):
        world.do(save, COUNTY, "donations", f"view {number}", {"state": "paid"})
    with pytest.raises(Conflict, match="views_limit"):
        world.do(save, COUNTY, "donations", "one more", {"state": "paid"})
