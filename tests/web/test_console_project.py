"""One page of a project: its money in each campaign, its story, history and comments, in place of several."""

from flask import Flask

from campaigns.network.people import create_manager
from campaigns.payouts.allot import allot
from campaigns.projects import review
from campaigns.projects.projects import find
from campaigns.projects.transitions import suspend
from campaigns.screening.open_manually import open_case
from tests.payouts.released import release
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World


def test_the_page_has_money_history_and_comments(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give(100_00))
    world.pay(world.give(50_00, 1))
    project = world.projects[0]
    world.do(review.comment, project, "和<b>村里</b>核对过", ACTOR)
    page = manager.open(f"/console/projects/{project}")
    shown = text(page)
    assert "公益日 进行中 100.00 100.00 0.00 0.00 1 笔捐赠" in shown
    assert f"/console/donations?campaign={world.slug}&amp;project={project}" in page
    assert "和&lt;b&gt;村里&lt;/b&gt;核对过" in page and "已立项" in shown
    assert "栾川县 庙子镇 蒿坪村" in shown


def test_after_the_release_it_says_what_is_the_projects(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    assert "100.00 100.00 200.00 0.00" in text(manager.open(f"/console/projects/{world.projects[0]}"))


def test_match_on_hold_is_shown_apart_with_its_case(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(100_00))
    world.do(open_case, donation.id, "odd", ACTOR)
    page = text(manager.open(f"/console/projects/{world.projects[0]}"))
    assert "100.00 0.00 (100.00)" in page and "1 件待复核" in page


def test_the_second_of_two_editors_learns_who_changed_what_and_saves_only_their_own(
    manager: Reader, app: Flask, world: World
) -> None:
    project = world.projects[0]
    world.do(create_manager, "colleague", PASSWORD, "admin", "test")
    other = Reader(app.test_client(), world)
    other.sign_in("colleague")
    manager.open(f"/console/projects/{project}")
    other.open(f"/console/projects/{project}")
    assert "已保存" in other.send("/description", unit="顿热午饭", unit_price_minor="6")
    page = text(manager.send("/description", unit="碗面", unit_note="菜钱随季节"))
    assert "colleague" in page and "顿热午饭" in page
    assert world.do(find, project).unit == "顿热午饭", "nothing was written over"
    manager.open(f"/console/projects/{project}")
    other.open(f"/console/projects/{project}")
    assert "已保存" in other.send("/description", unit_price_minor="7")
    assert "已保存" in manager.send("/description", unit_note="菜钱随季节")
    stored = world.do(find, project)
    assert (stored.unit_price_minor, stored.unit_note) == (7_00, "菜钱随季节")


def test_the_list_of_projects_is_sorted_on_the_page_and_in_its_files(manager: Reader, world: World) -> None:
    world.pay(world.give(100_00, 1))
    first = world.do(find, world.projects[1]).code
    for sort, leads in (("raised", True), ("newest", False), ("nonsense", False)):
        page = manager.open(f"/console/projects?sort={sort}")
        body = page.partition("<tbody>")[2]
        others = [world.do(find, id_).code for id_ in world.projects if id_ != world.projects[1]]
        assert (body.find(first) < min(map(body.find, others))) is leads, sort
        rows = manager.http.get(f"/console/projects.csv?sort={sort}").get_data(as_text=True).splitlines()
        assert (first in rows[1]) is leads, sort
    assert "/console/projects.csv?sort=raised" in manager.open("/console/projects?sort=raised")


def test_the_page_of_an_open_campaign_keeps_its_figures_fresh(manager: Reader, world: World) -> None:
    address = f"/console/campaigns/{world.slug}"
    for path in (address, f"{address}/live"):
        page = manager.open(path)
        assert "/static/desk." in page and 'data-part="sums"' in page and 'data-part="pots"' in page, path


def test_a_step_from_a_page_that_another_act_made_stale_names_who_did_it(manager: Reader, world: World) -> None:
    project = world.projects[0]
    manager.open(f"/console/projects/{project}/review")
    world.do(suspend, project, "村里要改", "chen")
    refused = text(manager.send("/advance-review", reason="做完了", rating=None))
    assert "chen 在 " in refused and "改过这里" in refused, refused[:600]
