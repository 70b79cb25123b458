"""Acts that wait for a second person, at the console: two people, each with a browser of their own."""

from dataclasses import replace

import pytest
from flask import Flask

from campaigns.approvals.subject_lines import subject_lines
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import SecondPerson
from campaigns.donations.donation_number import short_number_of
from campaigns.donations.models import PaymentException
from campaigns.funds.funds import create as create_fund
from campaigns.network.people import create_manager
from campaigns.payouts.allot import allot
from campaigns.payouts.plans import make_plan
from campaigns.projects.models import Project
from payments.partners import partners
from tests.api.approvals import app, paid, refunds
from tests.api.client import application
from tests.api.test_approval_acts import desk_payment
from tests.payouts.released import account, release
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

__all__ = ["app"]


class Two:
    """Two people at the console, each with a browser of their own."""

    def __init__(self, app: Flask, world: World) -> None:
        self.first, self.second = (self._sign_in(app, world, login) for login in ("li", "wang"))

    @staticmethod
    def _sign_in(app: Flask, world: World, login: str) -> Reader:
        world.do(create_manager, login, PASSWORD, "admin", ACTOR)
        reader = Reader(app.test_client(), world)
        reader.sign_in(login)
        return reader


def test_in_the_console_a_refund_waits_and_another_person_approves_it(app: Flask, world: World) -> None:
    two, donation = Two(app, world), paid(world, 300_00)
    two.first.open(f"/console/donations/{donation.id}/refunds")
    typed = {"amount_minor": "300", "reason": "asked for"}
    assert "这一步要两个人" in two.first.send("/refunds", **typed, verb="preview")
    assert "等第二个人批准" in two.first.send("/refunds", **typed, verb="save")
    assert refunds(world) == []
    own = two.first.open("/console/approvals")
    assert ("退款 300.00 元" in own, "须由另一位有权限的同事决定" in own, "批准并执行" in own) == (
        True,
        True,
        False,
    )
    page = two.second.open("/console/approvals")
    assert "批准并执行" in page and f'<a href="/console/donations/{donation.id}">看详情</a>' in page
    assert "已批准并执行" in two.second.send("/approvals/1", decision="approve", note="")
    assert refunds(world) == [(300_00, "asked for", "wang")]
    assert "待批准 0" in text(two.second.open("/console/approvals")), "what was decided no longer waits"
    name = world.do(lambda tx: tx.get(Project, donation.project_id).name)
    sentence = f"事项：退款 300.00 元，捐赠 {short_number_of(donation.id)} · {name}"
    for act in ("ask", "approved"):
        trail = text(two.second.open(f"/console/audit?act=approval.{act}"))
        assert sentence in trail and str(donation.id) not in trail.partition("来自网络")[2], trail


def test_in_the_console_cancelling_an_open_campaign_says_that_it_waits(app: Flask, world: World) -> None:
    two = Two(app, world)
    assert "这一步要两个人" in two.first.open(f"/console/campaigns/{world.slug}/cancel")
    page = two.first.send("/cancel", verb="save", reason="flood", word=world.slug)
    assert "等第二个人批准" in page
    assert world.phase() == "open"
    two.second.open("/console/approvals")
    assert "已记为不批准" in two.second.send("/approvals/1", decision="decline", note="no")
    assert world.phase() == "open"


def test_nobody_is_asked_for_the_opposite_of_what_the_page_showed(app: Flask, world: World) -> None:
    """Two people stop donations; the slower one does not ask to let them in again."""
    two, page = Two(app, world), f"/console/campaigns/{world.slug}/listing/withdraw"
    for reader in (two.first, two.second):
        assert "停止接受新的捐赠" in reader.open(page)
    assert "已停止接受捐赠" in two.first.send("/withdraw", verb="save", reason="公示到期")
    assert "公示到期" in two.second.send("/withdraw", verb="save", reason="备案失效")
    assert "待批准 0" in text(two.second.open("/console/approvals"))
    assert "这一步要两个人" in two.second.open(page.replace("withdraw", "restore"))


def test_the_console_shows_what_would_be_refused_now(app: Flask, world: World) -> None:
    two, pot = Two(app, world), world.pot(300_00)
    path = f"/console/pots/{pot}/reductions"
    two.first.open(path)
    two.first.send(path, verb="preview", amount_minor="250")
    assert "等第二个人批准" in two.first.send(path, verb="save")
    world.give(100_00)
    assert "现在批准也执行不了" in two.second.open("/console/approvals")
    assert "未被占用的资金只有 200.00 元" in two.second.send("/approvals/1", decision="approve", note="")
    assert world.pots()[pot].funded_minor == 300_00


def missing_here(world: World, line_id: str) -> None:
    """Import a bill of a platform with one line that our books lack."""
    line = f"{line_id},charge,T-1,300000,0,CNY,{world.clock.at.isoformat()}"
    head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"
    world.do(import_statement, "plat", f"{head}\n{line}\n", "li")
    world.do(compare)


def test_a_single_difference_is_requested_by_its_bill_and_line(app: Flask, world: World) -> None:
    two = Two(app, world)
    world.do(partners.create, world.deps.keys, "plat", "银联公益")
    missing_here(world, "L-77")
    id_ = world.do(lambda tx: tx.scalar("SELECT id FROM discrepancy"))
    two.first.open(f"/console/discrepancies/{id_}")
    sign_off = f"/discrepancies/{id_}/sign-off"
    assert "等第二个人批准" in two.first.send(sign_off, reason="平台确认", account="suspense")
    for address in ("/console/approvals", "/console/"):
        assert "合作平台 银联公益 L-77" in text(two.second.open(address))
    two.second.open("/console/approvals")
    two.second.send("/approvals/1", decision="approve", note="")
    assert "li 提交，wang 批准" in text(two.second.open(f"/console/discrepancies/{id_}"))


def test_a_single_payment_is_requested_by_its_donation(app: Flask, world: World) -> None:
    exception = desk_payment(world)
    donation = world.do(lambda tx: tx.get(PaymentException, exception).donation_id)
    key = f"payment_exception:{exception}"
    assert short_number_of(donation) in world.do(subject_lines, [key])[key]


def test_the_page_of_a_purpose_says_that_a_request_waits(app: Flask, world: World) -> None:
    two = Two(app, world)
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    project, other = world.projects[:2]
    address = f"/projects/{project}/purpose"
    assert "已有变更用途或使用结余的申请" not in two.first.open(f"/console{address}")
    code = world.do(lambda tx: tx.get(Project, other).code)
    typed = {"source": f"share_project/{world.slug}", "amount_minor": "30", "to_project": code, "filing_no": "B-9"}
    page = two.first.send(address, **typed, basis="consent", evidence="档案 3", reason="搬迁")
    assert "已有变更用途或使用结余的申请" in page and "/console/approvals#a1" in page


def test_an_approval_shows_names_beside_ids(app: Flask, world: World) -> None:
    two = Two(app, world)
    world.do(partners.create, world.deps.keys, "plat", "银联公益")
    missing_here(world, "L")
    page = two.first.open(f"/console/campaigns/{world.slug}/reconciliation")
    path = next(part for part in page.split('"') if "/together/" in part)
    two.first.open(path)
    assert "等第二个人批准" in two.first.send(path.removeprefix("/console"), verb="save", reason="平台确认")
    other = world.do(create_fund, "五保基金", "special", "li")
    path = f"/console/funds/{world.fund}/transfer?to={other}"
    two.first.open(path)
    assert "等第二个人批准" in two.first.send(path, amount_minor="1", reason="合并", verb="save")
    shown = text(two.second.open("/console/approvals")), text(two.second.open("/console/"))
    for words in shown:
        assert "合作平台 银联公益的 1 笔差异" in words
        assert f"划 1.00 元到基金 五保基金（{other} 号）" in words


@pytest.mark.parametrize("needed", [True, False], ids=["two people", "one person"])
def test_a_page_says_who_acts_before_it_happens(world: World, database_url: str, needed: bool) -> None:
    """Where no second person is required, no page promises a colleague's approval."""
    paid(world, 100_00)
    release(world)
    allot(world.deps)
    web = application(database_url, replace(world.deps, second_person=SecondPerson(needed)))
    world.do(create_manager, "li", PASSWORD, "admin", ACTOR)
    li = Reader(web.test_client(), world)
    li.sign_in("li")
    project = f"/console/projects/{world.projects[0]}"
    for stars in ({}, {"rating": "4"}):
        li.open(f"{project}/review")
        li.send("/advance-review", reason="done", **stars)
    for path, by_two, by_one in (
        (f"{project}/purpose", "另一位同事批准", "提交后马上入账"),
        ("/console/surpluses", "由两个人办", "写在项目页上"),
        (f"/console/funds/{world.fund}/transfer", "由两个人办", "确认后马上划转"),
        ("/console/goods", "另一个人确认", "确认价值后公布"),
        ("/console/network/41010101/payees", "另一个人确认", "登记后须确认"),
        ("/console/approvals", "另一人批准后才执行", "提交后马上执行"),
    ):
        page = li.open(path)
        assert ((by_two in page), (by_one in page or needed)) == (needed, True), path
    assert li.open(f"{project}/purpose").count("另一位同事批准" if needed else "提交后马上入账") == 2
    li.open(f"/console/campaigns/{world.slug}/payouts")
    assert ("等另一个人批准" if needed else "等人批准") in li.send("/payouts")
    own = li.open("/console/payout-plans/1")
    assert ("制定人以外的人批准" in own, ">批准</button>" in own) == (needed, not needed)
    assert ("制定人自己也能批准" in own) == (not needed)


def test_a_large_payout_plan_is_approved_by_two_who_did_not_make_it(app: Flask, world: World) -> None:
    paid(world, 300_00)
    release(world)
    two = Two(app, world)
    account(world, "4101")
    plan = world.do(make_plan, world.slug, "maker")
    path = f"/payout-plans/{plan.id}"
    assert ">批准</button>" in two.second.open(f"/console{path}")
    assert "等第二个人批准" in two.second.send(f"{path}/approve")
    for person in (two.first, two.second):
        page = person.open(f"/console{path}")
        assert "等第二个人批准</a>" in page and ">批准</button>" not in page
    two.first.open("/console/approvals")
    assert "已批准并执行" in two.first.send("/approvals/1", decision="approve", note="")
    assert "等第二个人批准" not in two.first.open(f"/console{path}")
