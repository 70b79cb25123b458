"""Duties that a field or a gate keeps, each by its number in `tests/duties/README.md`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.i18n.receipt_columns import header
from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.disclosure.project_page import project_page
from campaigns.disclosure.standings import BY
from campaigns.donations.donors.contact import Donor
from campaigns.donations.explain import explain
from campaigns.donations.receipts.receipt_models import ReceiptRequest
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.plan import PLAN_FIELDS, plan_faults, warnings
from campaigns.lifecycle.transitions import schedule
from campaigns.monthly.publish import publish_statements
from campaigns.projects import drafts
from campaigns.projects.drafts import NewProject
from campaigns.projects.transitions import submit
from campaigns.screening.signals import RULES
from campaigns.waiting import MAY_WAIT, Work
from kernel.errors import Conflict, Invalid
from matching.rules import TIERS
from tests.api.client import Api, problem
from tests.world import ACTOR, SLUG, World, new_campaign


def _draft(world: World, plan: dict[str, Any], **other: Any) -> NewCampaign:
    new = new_campaign(world.clock.at, slug="another", **other)
    return replace(new, plan={**new.plan, **plan})


def _missing(world: World, plan: dict[str, Any], **other: Any) -> set[str]:
    """The fields for which a campaign with this plan cannot be scheduled."""
    campaign = world.do(create, _draft(world, plan, **other), ACTOR)
    faults = set(plan_faults(campaign))
    if faults:
        with pytest.raises(Invalid) as refusal:
            world.do(schedule, "another", ACTOR)
        assert faults <= set(refusal.value.fields)
    return faults


def test_duty_01_no_campaign_opens_without_a_designated_platform(world: World) -> None:
    assert _missing(world, {"platform_name": "", "platform_url": ""}) == {"platform_name", "platform_url"}


def test_duty_01_giving_stops_while_the_listing_is_withdrawn(api: Api, world: World) -> None:
    """A donor is refused and reads why, on pages too; who was paying pays; it goes on after that."""
    paying = world.give(20_00)
    reason = {"reason": "平台 <b>撤下</b>公示"}
    shown = api.manage(f"/campaigns/{SLUG}/listing/withdraw", reason, status=200, role="manager")
    assert (shown["withdrawn_reason"], shown["phase"]) == (reason["reason"], "open")
    refused = world.try_give(world.command())[0]
    assert isinstance(refused, Conflict) and refused.code == "listing_withdrawn"
    give = f"/donate/{SLUG}/{world.projects[0]}"
    for path in (f"/c/{SLUG}", f"/c/{SLUG}/p/{world.projects[0]}", give):
        page = api.http.get(path).text
        assert "平台 &lt;b&gt;撤下&lt;/b&gt;公示" in page, path
    assert world.pay(paying).status == "paid"
    again = api.post(f"/campaigns/{SLUG}/listing/withdraw", reason, api.token("manager"))
    problem(again, 409, "listing_withdrawn")
    shown = api.manage(f"/campaigns/{SLUG}/listing/restore", {"reason": "已重新公示"}, status=200, role="manager")
    assert shown["withdrawn_reason"] == ""
    problem(api.post(f"/campaigns/{SLUG}/listing/restore", reason, api.token("manager")), 409, "listing_in_force")
    world.give(20_00)
    assert "撤下" not in api.http.get(f"/c/{SLUG}").text
    world.check()


def test_duty_02_the_certificate_lasts_to_the_end(world: World) -> None:
    assert _missing(world, {"certificate_no": "", "certificate_until": "2026-09-08"}) == {
        "certificate_no",
        "certificate_until",
    }


@pytest.mark.parametrize("name", sorted(set(PLAN_FIELDS) - {"cost_minor", "certificate_until", "filed_at"}))
def test_duty_03_each_part_of_the_plan_is_asked_for(world: World, name: str) -> None:
    assert _missing(world, {name: ""}) == {name}


def test_duty_03_the_cost_of_fundraising_is_asked_for(world: World) -> None:
    assert _missing(world, {"cost_minor": None}) == {"cost_minor"}


def test_duty_04_the_filing_is_asked_for_and_a_late_one_warns(world: World) -> None:
    assert _missing(world, {"filing_no": ""}) == {"filing_no"}
    late = _draft(world, {"filed_at": "2026-09-05"})
    assert "filed_late" in warnings(world.do(create, replace(late, slug="late"), ACTOR))


@pytest.mark.parametrize(("day", "faults"), [("soon", {"privacy_assessed_at"}), ("", set())])
def test_duty_17_the_day_of_the_assessment_is_a_date_or_stated_later(
    world: World, day: str, faults: set[str]
) -> None:
    assert _missing(world, {"privacy_assessment": "", "privacy_assessed_at": day}) == faults


def test_duty_05_every_page_of_an_event_names_who_raises(http: FlaskClient, world: World) -> None:
    for path in (f"/c/{SLUG}", f"/c/{SLUG}/p/{world.projects[0]}", f"/c/{SLUG}/standings"):
        page = http.get(path).text
        assert "依法公示" in page or "备案编号" in page, path


def test_duty_06_an_emergency_opens_before_it_is_filed(world: World) -> None:
    assert _missing(world, {"filing_no": "", "filed_at": ""}, emergency=True) == set()


def test_duty_08_a_month_is_published_for_every_node_with_money(world: World) -> None:
    world.pay(world.give(100_00))
    world.clock.advance(days=22)
    assert publish_statements(world.deps) == 4  # village, township, county, city


def test_duty_09_a_receipt_has_the_elements_of_the_law(http: FlaskClient) -> None:
    with http.application.test_request_context():
        titles = set(header())
    assert {
        "交款人",
        "交款人统一社会信用代码",
        "项目编码",
        "项目名称",
        "计量单位",
        "数量",
        "标准（元）",
        "金额（元）",
        "合计（大写）",
        "备注",
        "经办人",
        "票据代码",
        "票据号码",
        "校验码",
        "开票日期",
    } <= titles
    assert {"code", "number", "check_code", "issued_on", "issued_minor", "actor"} <= set(
        ReceiptRequest.model_fields
    )


def test_duty_09_a_donor_who_wants_no_receipt_is_recorded(api: Api, world: World) -> None:
    gift = world.pay(world.give(100_00))
    path = f"/donations/{gift.id}/receipt-requests"
    token = world.deps.keys.token(str(gift.id))
    for _again in range(2):
        (waived,) = api.post(f"{path}/waive", {}, token).json or []
        assert (waived["state"], waived["payer"]["title"]) == ("waived", "")
    (row,) = api.get("/receipt-requests?state=waived", api.token("finance")).json or []
    assert row["donation"] == str(gift.id) and row["ended_at"]


def test_duty_10_donors_read_what_is_deductible(http: FlaskClient, world: World) -> None:
    gift = world.pay(world.give(100_00))
    address = f"/d/{gift.id}?token={world.deps.keys.token(str(gift.id))}"
    page = http.get(address, follow_redirects=True).text
    assert "应纳税所得额 30%" in page and "年度利润 12%" in page


def test_duty_12_standings_list_only_places_and_teams_with_gifts(http: FlaskClient, world: World) -> None:
    world.pay(world.give(100_00, 0))
    for by in BY:
        rows = http.get(f"/api/v1/campaigns/{SLUG}/standings?by={by}").json
        assert rows is not None
        assert all(row["raised_minor"] > 0 for row in rows), by


def test_duty_13_related_parties_are_declared_published_and_approved_by_two(api: Api, world: World) -> None:
    project = world.do(drafts.create, NewProject("41010101", "新桥", "micro", "桥", 9_000_00), ACTOR).id
    world.do(submit, project, ACTOR)
    stake = ACTS["project.approve"].stake
    assert stake is not None
    attempt = Attempt(world.deps, project, {}, "reviewer", "")
    assert world.do(stake, attempt) == 0
    path = f"/projects/{project}/related-parties"
    refused = api.post(path, {"related": True}, api.token("liaison"))
    assert problem(refused, 422, "declaration_invalid")["fields"].keys() == {"text"}
    api.manage(path, {"related": True, "text": "施工队长是<b>村主任</b>的弟弟，村主任不参加验收"}, role="liaison")
    assert world.do(stake, attempt) is None  # always a second person
    assert world.do(project_page, project).related.startswith("施工队长")
    api.manage(path, {"related": False}, role="liaison")
    assert (world.do(stake, attempt), world.do(project_page, project).related) == (0, "")
    shown = api.get(path, api.token("auditor")).json
    assert shown is not None and shown["related"] is False
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM related_parties")) == 2


def test_duty_13_a_gift_of_the_projects_own_staff_is_a_signal() -> None:
    assert any("staff" in rule.__name__ for rule in RULES)


def test_duty_16_donors_see_what_became_of_their_gift(world: World) -> None:
    world.pot(100_00)
    paid = world.pay(world.give(100_00))
    story = world.do(explain, paid.id)
    assert story


def test_duty_19_no_project_is_for_one_person() -> None:
    assert set(TIERS) == {"brand", "special", "micro"}


@pytest.mark.parametrize(
    ("name", "summary", "single"),
    [
        ("救救小明", "患白血病，急需手术费", True),
        ("为我女儿治病", "她在住院", True),
        ("一名学生的学费", "家里困难", True),
        ("大病救助", "为全镇患重病的村民补助医疗费，每户最多两千元", False),
        ("老年食堂", "他们吃得上热饭", False),
        ("助学", "资助二十名学生的学费，其他困难学生另行登记", False),
    ],
)
def test_duty_19_a_plea_for_one_person_is_shown_and_approved_by_two(
    world: World, name: str, summary: str, single: bool
) -> None:
    project = world.do(drafts.create, NewProject("41010101", name, "micro", summary, 9_000_00), ACTOR).id
    world.do(submit, project, ACTOR)
    stake = ACTS["project.approve"].stake
    assert stake is not None
    assert world.do(stake, Attempt(world.deps, project, {}, "reviewer", "")) == (None if single else 0)


def test_duty_19_readers_learn_that_a_plea_is_no_charity(http: FlaskClient, world: World) -> None:
    assert "没有为某个人的求助" in http.get(f"/report?campaign={SLUG}").text


def test_duty_20_reports_are_due_within_five_working_days() -> None:
    """Five working days are seven days at least."""
    assert max(MAY_WAIT[work] for work in (Work.WORDS, Work.OBJECTIONS, Work.QUESTIONS)) <= timedelta(days=5)


def test_duty_23_names_are_public_only_with_consent(http: FlaskClient, world: World) -> None:
    world.pay(world.give(100_00, donor=Donor(name="王小明", email="a@example.org")))
    assert "王小明" not in http.get(f"/c/{SLUG}/people").text
