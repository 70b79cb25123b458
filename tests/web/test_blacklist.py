"""The blacklist in the console."""

from datetime import timedelta

from campaigns.network.people import create_manager
from campaigns.projects import blacklist, projects
from campaigns.screening import decide
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.clock import local_day
from tests.web.reader import PASSWORD, Reader, text
from tests.world import VILLAGES, World

PAGE = "/console/blacklist"


def test_a_project_goes_on_the_list_and_off_again(manager: Reader, world: World) -> None:
    project = world.projects[0]
    assert "黑名单上没有项目" in manager.open(PAGE)
    manager.open("/console/projects")
    last = local_day(world.clock.at + timedelta(days=9)).isoformat()
    shown = text(manager.send(f"/blacklist/{project}", verb="list", reason="<b>虚构</b>受益人", until=last))
    assert "黑名单已更新" in shown and "期限至" in shown
    assert "&lt;b&gt;虚构" in manager.page.text
    assert local_day(world.do(blacklist.listings)[0]["until"]) == local_day(world.clock.at + timedelta(days=10))
    assert "项目当前状态不能做这件事" in manager.send(f"/blacklist/{project}", verb="list", reason="again")
    manager.send(f"/blacklist/{project}", verb="appeal", reason="名单有误")
    assert "名单有误" in manager.page.text and "记录申诉" not in manager.page.text
    manager.send(f"/blacklist/{project}", verb="answer", reason="维持")
    assert "boss：维持" in text(manager.page.text)
    world.clock.advance(days=11)
    manager.sign_in("boss")
    assert "期满待决定" in manager.open(PAGE)
    manager.send(f"/blacklist/{project}", verb="lift", reason="期满核实")
    assert "黑名单上没有项目" in manager.page.text
    assert world.do(projects.find, project).status == "suspended"
    assert "No projects are on the blacklist" in manager.open(f"{PAGE}?lang=en")
    world.check()


def test_a_term_that_is_no_date_or_over_is_refused(manager: Reader, world: World) -> None:
    project = world.projects[0]
    for until in ("gestern", "2001-01-01", "9999-12-31"):
        manager.open("/console/projects")
        assert "期限须在今天之后" in manager.send(f"/blacklist/{project}", verb="list", reason="x", until=until)
    manager.open("/console/projects")
    assert "请写明原因" in manager.send(f"/blacklist/{project}", verb="list", reason=" ")
    assert world.do(projects.find, project).status == "approved"


def test_a_liaison_objects_and_may_not_lift(reader: Reader, world: World) -> None:
    world.do(create_manager, "village", PASSWORD, "liaison", "test", "41010101")
    world.do(blacklist.blacklist, world.projects[0], "虚构受益人", "li")
    world.do(blacklist.blacklist, world.projects[2], "虚构受益人", "li")
    reader.sign_in("village")
    shown = reader.open(PAGE)
    assert "解除黑名单" not in shown
    assert VILLAGES[2] not in shown
    page = reader.page
    assert "黑名单已更新" in reader.send(f"/blacklist/{world.projects[0]}", verb="appeal", reason="有误")
    reader.page = page
    assert "您没有权限" in reader.send(f"/blacklist/{world.projects[0]}", verb="lift", reason="有误", form_key=None)
    reader.page = page
    reader.send(f"/blacklist/{world.projects[0]}", verb="burn", reason="x", form_key=None)
    assert len(world.do(blacklist.listings)) == 2


def test_a_case_puts_its_project_on_the_list(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give()).id
    world.do(open_cases, {donation: (Signal("staff", {"amount_minor": 1}),)})
    manager.open("/console/campaigns/day/cases")
    shown = manager.send("/cases/1", verb="blacklist", reason="虚构受益人", until="")
    assert "项目已列入黑名单" in shown
    assert world.do(blacklist.listings)[0]["until"] is None
    assert world.do(lambda tx: decide.find_case(tx, 1)).state == "open"
    manager.send("/cases/1", verb="release", reason="与捐赠人无关")
    world.check()


def test_a_contact_is_watched_and_lifted(manager: Reader, world: World) -> None:
    assert "名单是空的" in manager.open(PAGE)
    assert "请检查填写的联系方式" in manager.send("/console/watch", contact="nobody", reason="刷单")
    assert "请写明原因" in manager.send("/console/watch", contact="a@example.org", reason=" ")
    shown = manager.send("/console/watch", contact="a@example.org", reason="多次刷单")
    assert "重点核实名单已更新" in shown and "多次刷单" in shown and "example" not in shown
    assert "第 1 项" in text(manager.send("/console/watch", contact="a@example.org", reason="again"))
    assert "已解除" in manager.send("/watch/1/lift", reason="查清")
    manager.send("/console/watch", contact="138 0000 0000", reason="多次刷单")
    assert "Watch list" in manager.open(f"{PAGE}?lang=en")


def test_a_case_puts_its_donor_on_the_watch_list(manager: Reader, world: World) -> None:
    world.pot(1_000_00)
    donation = world.pay(world.give(email="a@example.org")).id
    world.do(open_cases, {donation: (Signal("staff", {"amount_minor": 1}),)})
    manager.open("/console/campaigns/day/cases")
    assert 'value="watch_instrument"' not in manager.page.text, "none is known"
    assert "复核结果已记录" in manager.send("/cases/1", verb="watch_donor", reason="多次刷单", until="")
    assert "来自复核 1" in text(manager.open(PAGE))
    world.check()
