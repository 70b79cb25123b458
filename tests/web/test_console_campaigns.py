"""Campaigns in the console: drafted, completed, filled with projects and scheduled by people at a desk."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.forms import format_moment
from campaigns.lifecycle import drafts as campaign_drafts
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.plan import PLAN_FIELDS
from campaigns.network.people import create_manager
from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, VILLAGES, World, new_campaign

NEW = "/console/new-campaign"
EDIT = "/console/campaigns/spring/edit"
ENTRIES = "/console/campaigns/spring/entries"


def typed(world: World, **other: Any) -> dict[str, Any]:
    """What a manager types for a campaign that is due."""
    times = {"opens_at": soon(world, hours=-1), "ends_at": soon(world, hours=8)}
    return {"name": "春日公益", "slug": "spring", "host": "41", **times, **other}


def soon(world: World, **delta: float) -> str:
    return format_moment(world.clock.at + timedelta(**delta))


def plan(**other: str) -> dict[str, str]:
    typed = {f"plan.{name}": f"the {name}" for name in PLAN_FIELDS}
    dates = {"plan.certificate_until": "2199-12-31", "plan.filed_at": "2026-01-01", "plan.cost_minor": "1200.50"}
    dates |= {"plan.platform_url": "https://platform.example"}
    return typed | dates | other


def drafted(manager: Reader, world: World, **other: Any) -> str:
    manager.open(NEW)
    return manager.send(NEW, verb="save", **typed(world, **other))


def approved(world: World, code: str, name: str, tier: str = "micro") -> int:
    with world.db.transaction() as tx:
        project_id = drafts.create(tx, NewProject(code, name, tier, "灯", 1_000_00), ACTOR).id
        assert project_id is not None
        transitions.submit(tx, project_id, ACTOR)
        transitions.approve(tx, project_id, ACTOR)
        return project_id


def test_a_campaign_is_drafted_completed_and_scheduled(manager: Reader, world: World) -> None:
    assert "活动草稿已建立" in drafted(manager, world)
    page = text(manager.send("/spring/schedule"))
    assert "公开募捐方案不完整，不能排期" in page and "募捐目的：请填写" in page, "the form of the draft, marked"
    page = manager.send(EDIT, verb="save", **plan(**{"plan.filing_no": "", "plan.certificate_until": "2020-01-01"}))
    assert "活动方案已保存" in page and "方案还缺：募捐方案备案编号" in text(page)
    page = manager.send("/spring/schedule")
    assert 'id="fault-plan.filing_no">请填写' in page
    assert 'id="fault-plan.certificate_until">证书在活动结束前到期' in page
    assert "参加的项目：还没有项目参加" in text(page)
    assert page.count('class="fault"') == 2 and 'value="the area"' in page and 'value="1200.50"' in page
    manager.send(EDIT, verb="save", **plan(**{"plan.certificate_holder": "洛阳市慈善总会"}))
    world.do(add_entry, "spring", world.projects[0], ACTOR)
    manager.open(EDIT)
    form_of_the_draft = manager.page
    effect = "开始时间已过：确认后马上开始接受捐赠。 有 1 个项目参加，没有配捐池，捐赠不配捐。"
    assert effect in text(manager.open("/console/campaigns/spring"))
    assert "活动已排期" in manager.send("/spring/schedule")
    with world.db.transaction() as tx:
        campaign = find_campaign(tx, "spring")
    assert (campaign.phase, campaign.plan["cost_minor"], campaign.late_s) == ("open", 1200_50, 25 * 3600)
    assert "<b>洛阳市慈善总会</b>" in manager.open("/c/spring"), (
        "the public pages name the holder of the certificate"
    )
    manager.page = form_of_the_draft
    assert "活动当前阶段不能做这件事" in manager.send(EDIT, verb="save")


def test_a_second_click_drafts_no_second_campaign(manager: Reader, world: World) -> None:
    manager.open(NEW)
    page = manager.page
    assert "活动草稿已建立" in manager.send(NEW, verb="save", **typed(world))
    manager.page = page
    assert "没有重复建立" in manager.send(NEW, verb="save", **typed(world))
    manager.page = page
    page = manager.send(NEW, verb="save", **typed(world, name="别的活动"))
    assert 'id="fault-slug">这个网址名已被其他活动使用' in page and "别的活动" in page


@pytest.mark.parametrize(
    ("value", "field", "words"),
    [
        ({"name": ""}, "name", "请填写"),
        ({"name": "x" * 201}, "name", "内容太长"),
        ({"slug": "春"}, "slug", "只能用英文字母"),
        ({"host": ""}, "host", "请填写"),
        ({"host": "9999"}, "host", "没有这个地区"),
        ({"opens_at": ""}, "opens_at", "请填写"),
        ({"opens_at": "soon"}, "opens_at", "请填写日期和时间"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at", "结束时间应晚于开始时间"),
        ({"finishing_s": "half an hour"}, "finishing_s", "请填写整数"),
        ({"notice_s": "367"}, "notice_s", "时长不能超过一年"),
        ({"plan.cost_minor": "little"}, "plan.cost_minor", "请填写金额"),
        ({"plan.area": "a\x07b"}, "plan.area", "控制字符"),
        (
            {"window_opens_at": ["2026-09-09T21:00"], "window_closes_at": [""]},
            "windows.0",
            "配捐时段应有开始和结束",
        ),
        (
            {"window_opens_at": ["2026-09-09T21:00"], "window_closes_at": ["2026-09-09T09:00"]},
            "windows.0",
            "结束晚于开始",
        ),
    ],
)
def test_an_invalid_value_of_a_draft_is_reported_at_its_field(
    manager: Reader, world: World, value: dict[str, Any], field: str, words: str
) -> None:
    page = drafted(manager, world, **({"plan.purpose": "照亮村路"} | value))
    assert words in page.split(f'id="fault-{field}">')[1].split("<")[0]
    assert "照亮村路" in page and f'id="f-{field}"' in page
    with world.db.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM campaign") == 1


def test_a_draft_comes_back_as_it_was_typed(manager: Reader, world: World) -> None:
    hours = {"window_opens_at": [soon(world), ""], "window_closes_at": [soon(world, hours=1), ""], "late_s": "3"}
    drafted(manager, world, **hours, **plan())
    with world.db.transaction() as tx:
        before = find_campaign(tx, "spring").model_dump()
    manager.open(EDIT)
    assert manager.send(EDIT, verb="more").count('name="window_opens_at"') == 4
    assert "没有改动" in manager.send(EDIT, verb="save")
    with world.db.transaction() as tx:
        assert find_campaign(tx, "spring").model_dump() == before
    assert before["late_s"] == 3 * 3600 and len(before["windows"]) == 1


def test_projects_join_by_branch_by_tier_or_one_by_one(manager: Reader, world: World) -> None:
    brand = approved(world, "4101", "县里的灯", "brand")
    drafted(manager, world, **plan())
    page = text(manager.open(ENTRIES))
    assert "加入项目 4" in page and "幸福家园 41020101" in page
    page = text(manager.open(ENTRIES + "?under=4101&tier=micro"))
    assert "加入项目 2" in page and "县里的灯" not in page and "41020101" not in page
    assert "2 个项目加入了活动" in manager.send(ENTRIES, verb="all")
    manager.open(ENTRIES + "?q=县里")
    assert "1 个项目加入了活动" in manager.send(ENTRIES, verb="ticked", project=str(brand))
    assert "加入项目 1" in text(manager.open(ENTRIES))
    manager.open(ENTRIES)
    assert "0 个项目加入了活动" in manager.send(ENTRIES, verb="ticked", project=str(brand)), "already there"
    world.check()


def test_one_unapproved_project_keeps_all_chosen_ones_from_joining(manager: Reader, world: World) -> None:
    draft = world.do(drafts.create, NewProject(VILLAGES[0], "草稿", "micro", "灯", 1_00), ACTOR).id
    drafted(manager, world)
    assert "草稿" not in manager.open(ENTRIES)
    page = manager.send(ENTRIES, verb="ticked", project=[str(draft), str(world.projects[0])])
    assert "还没有立项的是：草稿。" in page and "加入项目 3" in text(page)
    assert "加入项目 3" in text(manager.open(ENTRIES + "?q=%25&under=x") and manager.open(ENTRIES))


def test_no_project_joins_a_cancelled_campaign(manager: Reader, world: World) -> None:
    drafted(manager, world)
    manager.open(ENTRIES)
    page = manager.page
    manager.open("/console/campaigns/spring/cancel")
    assert "活动已取消" in manager.send("/cancel", verb="save", reason="改期")
    manager.page = page
    assert "活动当前阶段不能做这件事" in manager.send(ENTRIES, verb="all")
    assert ENTRIES not in manager.open("/console/campaigns/spring")


def test_a_project_is_made_for_a_village_found_by_name(manager: Reader, world: World) -> None:
    path = "/console/projects/new"
    manager.open(path)
    page = manager.send(path, verb="find", place_q="天桥沟", name="新路灯")
    assert "天桥沟村" in page and "嵩县 车村镇" in page and 'value="新路灯"' in page
    page = manager.send(path, verb="save", tier="", target_minor="0")
    assert 'id="fault-target_minor">请填写大于 0' in page and 'id="fault-tier">请选择：市级品牌项目、' in page
    form = manager.page
    assert "项目草稿已建立" in manager.send(path, verb="save", tier="micro", target_minor="30000")
    manager.page = form
    assert "没有重复建立" in manager.send(path, verb="save", tier="micro", target_minor="30000")
    with world.db.transaction() as tx:
        assert tx.rows("SELECT organisation_code, target_minor FROM project WHERE name = '新路灯'") == [
            ("41020101", 30_000_00)
        ]


def test_a_liaison_makes_projects_only_in_the_own_branch(reader: Reader, world: World) -> None:
    world.do(create_manager, "liaison", PASSWORD, "liaison", "test", "4101")
    reader.sign_in("liaison")
    path = "/console/projects/new"
    for place, words in (("41020101", "您没有权限"), (VILLAGES[0], "项目草稿已建立")):
        reader.open(path)
        command = {"organisation": place, "name": "灯", "tier": "micro", "target_minor": "1"}
        assert words in reader.send(path, verb="save", **command)


@pytest.mark.parametrize("role", ["finance", "auditor", "reviewer"])
def test_roles_without_the_right_see_no_forms_for_campaigns(reader: Reader, world: World, role: str) -> None:
    world.do(create_manager, "someone", PASSWORD, role, "test")
    reader.sign_in("someone")
    assert NEW not in reader.open("/console/")
    page = reader.open("/console/campaigns/day")
    for path in (NEW, "/console/campaigns/day/edit", "/console/campaigns/day/entries", "/console/projects/new"):
        assert path not in page
        reader.open(path, 403)


def test_only_a_draft_has_the_form_of_its_plan(manager: Reader) -> None:
    page = text(manager.open("/console/campaigns/day/edit"))
    assert "活动当前阶段不能做这件事" in page and "修改活动方案" not in page and "确认提前结束" in page


def test_what_stops_a_campaign_stands_apart(manager: Reader) -> None:
    page = manager.open("/console/campaigns/day")
    verbs, apart = page.partition('class="verbs"')[2].split("停止这个活动")
    assert "延长活动" in verbs and "照这个活动新建" in verbs
    for stop in ("确认提前结束", "备案或公示撤下", "取消活动"):
        assert stop in apart and stop not in verbs, stop


def test_two_editors_of_a_draft_keep_both_changes_and_learn_of_a_conflict(manager: Reader, world: World) -> None:
    world.do(campaign_drafts.create, new_campaign(world.clock.at, slug="plan", name="新活动"), "test")
    page = "/console/campaigns/plan/edit"
    manager.open(page)
    theirs = {"name": "同事起的名", "plan": {"purpose": "同事写的目的"}, "windows": []}
    world.do(campaign_drafts.change, "plan", theirs, "anna")
    assert "活动方案已保存" in manager.send("/edit", verb="save", **{"plan.area": "我写的地域"})
    kept = world.do(lambda tx: tx.row("SELECT name, plan FROM campaign WHERE slug = 'plan'"))
    assert kept.name == "同事起的名"
    assert (kept.plan["purpose"], kept.plan["area"]) == ("同事写的目的", "我写的地域")
    changed = world.do(lambda tx: tx.scalar("SELECT detail FROM audit_entry ORDER BY id DESC LIMIT 1"))
    assert set(changed["after"]) == {"plan.area"}, "the trail has what was changed, and no more"
    manager.open(page)
    world.do(campaign_drafts.change, "plan", {"name": "又改了名"}, "anna")
    refused = text(manager.send("/edit", verb="save", name="我起的名"))
    assert "anna 在 " in refused and "现在是“又改了名”" in refused
    assert world.do(lambda tx: tx.scalar("SELECT name FROM campaign WHERE slug = 'plan'")) == "又改了名"
    assert "活动方案已保存" in manager.send("/edit", verb="save"), "who was told may save again"
    assert world.do(lambda tx: tx.scalar("SELECT name FROM campaign WHERE slug = 'plan'")) == "我起的名"
    manager.open(page)
    manager.send("/edit", verb="save", **{"plan.purpose": ""})
    assert "同事写的目的 → （空）" in text(manager.open("/console/campaigns/plan")), (
        "what was removed is recorded too"
    )
    manager.open(page)
    assert "没有改动" in manager.send("/edit", verb="save")


def test_a_manager_of_a_county_is_offered_its_own_county_only(app: Flask, manager: Reader, world: World) -> None:
    counties = world.do(lambda tx: tx.rows("SELECT name FROM organisation WHERE level = 'county' ORDER BY code"))
    own, other = (row.name for row in counties[:2])
    drafted(manager, world, host="4101")
    world.do(create_manager, "county", PASSWORD, "manager", ACTOR, "4101")
    county = Reader(app.test_client(), world)
    county.sign_in("county")
    for page in (NEW, ENTRIES, "/console/campaigns/spring/pots/new"):
        assert f">{other}<" in manager.open(page), page
        assert f">{other}<" not in county.open(page), page
    assert f'<option value="4101" selected>{own}<' in county.open(NEW)
