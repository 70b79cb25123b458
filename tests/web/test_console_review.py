"""A project is read, commented on, sent back, changed, resubmitted, approved; no colleague is overwritten."""

import pytest
from flask import Flask

from campaigns.assignments import take
from campaigns.network.people import create_manager
from campaigns.projects import transitions
from campaigns.projects.drafts import NewProject, change, create
from campaigns.projects.tiers import tiers_of
from tests.web.reader import PASSWORD, Reader, text
from tests.world import VILLAGES, World


@pytest.fixture
def draft(world: World) -> int:
    new = NewProject(VILLAGES[0], "新<b>路灯", "micro", "三十盏灯", 1_000_00)
    return int(world.do(create, new, "test").id or 0)


def person(app: Flask, world: World, role: str, branch: str | None = None) -> Reader:
    world.do(create_manager, f"the-{role}", PASSWORD, role, "test", branch)
    reader = Reader(app.test_client(), world)
    reader.sign_in(f"the-{role}")
    return reader


def status(world: World, project: int) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT status FROM project WHERE id = :id", id=project)))


def test_a_project_is_sent_back_mended_and_approved(app: Flask, world: World, draft: int) -> None:
    liaison, reviewer = person(app, world, "liaison", "4101"), person(app, world, "reviewer")
    page = f"/console/projects/{draft}/review"
    assert "新&lt;b&gt;路灯" in liaison.open(page)
    assert "写好下面的内容以后提交评审" in liaison.open(f"/console/projects/{draft}")
    assert "已提交评审" in liaison.send("/submit-review")
    assert "保存" not in liaison.page.text.split("<main")[1], "what is reviewed does not change under the reviewer"
    assert "三十盏灯" in reviewer.open(page) and "修改</h2>" not in reviewer.page.text
    assert "立项不能收回，只能暂停" in reviewer.page.text, "said before it is done"
    assert "请写明原因" in reviewer.send("/send_back-review", reason=" ")
    assert "评论已记下" in reviewer.send("/comments", comment="预算<i>缺明细")
    assert "已退回修改" in reviewer.send("/send_back-review", reason="请写清每盏灯多少钱")
    assert status(world, draft) == "draft"
    assert "请写清每盏灯多少钱" in liaison.open(page) and "预算&lt;i&gt;缺明细" in liaison.page.text
    assert "已保存" in liaison.send("/change", summary="三十盏灯，每盏三百元")
    liaison.send("/submit-review")
    queue = text(reviewer.open("/console/projects/review"))
    assert "退回过 1 次" in queue and "不到 1 小时" in queue
    many = [str(draft), *map(str, range(900_000, 900_050))]
    assert "一次最多选 50 项" in reviewer.send("/projects/review", project=many)
    assert status(world, draft) == "review"
    reviewer.open("/console/projects/review")
    assert "已批准 1 个项目立项" in reviewer.send("/projects/review", project=str(draft))
    assert status(world, draft) == "approved"
    assert "没有等待评审的项目" in reviewer.page.text


def test_a_suspended_project_is_changed_and_resubmitted(app: Flask, world: World) -> None:
    project = world.projects[0]
    liaison = person(app, world, "liaison", "4101")
    world.do(transitions.suspend, project, "换了负责人", "rev")
    page = text(liaison.open(f"/console/projects/{project}/review"))
    assert "换了负责人" in page and "恢复" not in page
    assert "已保存" in liaison.send("/change", summary="换人以后")
    liaison.open(f"/console/projects/{project}")
    assert "已重新提交评审" in liaison.send("/resubmit-review")
    assert status(world, project) == "review"
    assert "您没有权限" in liaison.page.text or "通过立项" not in liaison.page.text
    world.do(transitions.approve, project, "rev")
    assert status(world, project) == "approved"
    world.check()


def test_only_changed_fields_are_saved_and_a_late_editor_is_informed(
    manager: Reader, world: World, draft: int
) -> None:
    page = f"/console/projects/{draft}/review"
    manager.open(page)
    world.do(change, draft, {"summary": "同事写的", "target_minor": 2_000_00}, "anna")
    assert "已保存" in manager.send("/change", name="我改的名")
    kept = world.do(lambda tx: tx.row("SELECT name, summary, target_minor FROM project WHERE id = :id", id=draft))
    assert tuple(kept) == ("我改的名", "同事写的", 2_000_00)
    manager.open(page)
    world.do(change, draft, {"summary": "同事又写的"}, "anna")
    world.do(take, "project", draft, "", "li")  # who works on it has not changed it
    refused = text(manager.send("/change", 422, summary="我写的", name="又一个名"))
    assert "anna 在 " in refused and "现在是“同事又写的”" in refused
    kept = world.do(lambda tx: tx.row("SELECT name, summary FROM project WHERE id = :id", id=draft))
    assert tuple(kept) == ("我改的名", "同事又写的"), "all or nothing"
    assert "已保存" in manager.send("/change"), "who was told may save again"
    kept = world.do(lambda tx: tx.row("SELECT name, summary FROM project WHERE id = :id", id=draft))
    assert tuple(kept) == ("又一个名", "我写的")
    manager.open(page)
    assert "没有改动" in manager.send("/change")
    manager.open(page)
    assert "aria-invalid" in manager.send("/change", 422, target_minor="1,50", name="")


def test_several_are_approved_and_a_neighbour_approves_none(app: Flask, world: World) -> None:
    ids = [
        world.do(create, NewProject(VILLAGES[0], f"灯{n}", "micro", "灯", 1_000_00), "test").id for n in range(3)
    ]
    for project in ids:
        world.do(transitions.submit, project, "test")
    chosen = [str(id_) for id_ in ids]
    far = person(app, world, "reviewer", "4102")
    assert "没有等待评审的项目" in far.open("/console/projects/review")
    far.page = far.http.get("/console/projects/review")
    assert "您没有权限" in far.send("/projects/review", project=chosen)
    assert {status(world, id_) for id_ in ids} == {"review"}
    far.open(f"/console/projects/{ids[0]}/review", 404)
    manager = person(app, world, "manager")
    manager.open("/console/projects/review")
    assert "请至少选一项" in manager.send("/projects/review")
    page = manager.page
    assert "已批准 3 个项目立项" in manager.send("/projects/review", project=chosen)
    manager.page = page
    assert "notice bad" in manager.send("/projects/review", project=chosen), "a second click approves nothing"


def test_the_drafts_of_a_file_are_submitted_at_once(app: Flask, world: World) -> None:
    ids = [
        world.do(create, NewProject(VILLAGES[0], f"灯{n}", "micro", "灯", 1_000_00), "test").id for n in range(3)
    ]
    chosen = [str(id_) for id_ in ids]
    liaison = person(app, world, "liaison", VILLAGES[0])
    assert "把选中的提交评审" not in liaison.open("/console/projects")
    drafts = "/console/projects?status=draft"
    assert liaison.open(drafts).count('class="pick-row"') == 3
    assert " checked" not in liaison.open(drafts)
    assert liaison.open(drafts + "&all=yes").count(' checked aria-label="选“灯') == 3
    page = liaison.page
    assert "已提交 3 个项目" in liaison.send("/projects/submit", project=chosen)
    assert {status(world, id_) for id_ in ids} == {"review"}
    liaison.page = page
    liaison.send("/projects/submit", project=chosen)
    assert {status(world, id_) for id_ in ids} == {"review"}
    assert "没有找到项目" in liaison.open(drafts)


def test_neighbours_and_reviewers_submit_no_drafts(app: Flask, world: World) -> None:
    project = world.do(create, NewProject(VILLAGES[0], "灯", "micro", "灯", 1_000_00), "test").id
    world.do(create, NewProject("4102", "路", "micro", "路", 1_000_00), "test")
    far = person(app, world, "liaison", "4102")
    assert far.open("/console/projects?status=draft").count('class="pick-row"') == 1
    assert "您没有权限" in far.send("/projects/submit", project=[str(project)])
    reviewer = person(app, world, "reviewer")
    assert "把选中的提交评审" not in reviewer.open("/console/projects?status=draft&all=yes")
    assert status(world, project) == "draft"


def test_each_branch_files_its_tiers(app: Flask, world: World) -> None:
    assert world.do(tiers_of, None) == ("brand", "special", "micro")
    assert world.do(tiers_of, "4101") == ("special", "micro")
    assert world.do(tiers_of, VILLAGES[0]) == ("micro",)
    liaison = person(app, world, "liaison", VILLAGES[0])
    assert "市级品牌项目" not in liaison.open("/console/projects/new")
    filed = {"organisation": VILLAGES[0], "name": "市级大项目", "tier": "brand", "target_minor": "500000000"}
    assert "您的范围不能申报这一类，可以申报：村级微项目" in liaison.send("/projects/new", verb="save", **filed)
    assert "项目草稿已建立" in liaison.send("/projects/new", verb="save", **(filed | {"tier": "micro"}))


def test_a_stale_page_does_not_advance_a_project_by_another_step(app: Flask, world: World, draft: int) -> None:
    world.do(transitions.submit, draft, "test")
    world.do(transitions.approve, draft, "test")
    reviewer, other = person(app, world, "reviewer"), person(app, world, "admin")
    for reader in (reviewer, other):
        reader.open(f"/console/projects/{draft}/review")
    assert "项目已进入下一阶段" in reviewer.send("/advance-review", reason="开工")
    assert "the-reviewer 在" in text(other.send("/advance-review", reason="也点了开始执行"))
    assert status(world, draft) == "executing", "not evaluated"
