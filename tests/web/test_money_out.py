"""Money out on the console's pages: split, accounts, plan, approval, file, paid, returned."""

import io
import re

from campaigns.funds.funds import create as create_fund
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file
from campaigns.lifecycle.project_course import advance
from campaigns.network import organisations
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.projects import projects
from kernel.money import yuan
from tests.payouts.conftest import sent
from tests.payouts.released import ACCOUNT, HOST_ACCOUNT, account, release, sums
from tests.payouts.reports import answer, report
from tests.projects.photos import photo
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

__all__ = ["sent"]


def test_from_the_split_to_the_returned_payment(manager: Reader, world: World) -> None:
    project = world.projects[0]
    manager.open(f"/console/projects/{project}/split")
    page = manager.send(
        f"/projects/{project}/split",
        project="80",
        township="15",
        management="5",
        valid_from="2026-09-09T09:00",
        reason="按协议",
    )
    assert "80%" in page and "按协议" in page
    page = manager.send(f"/projects/{project}/split", project="80", township="15", management="6", reason="x")
    assert "各部分合计应是 100%，现在是 101%" in page
    world.pay(world.give(100_00))
    before = manager.open(f"/console/campaigns/{world.slug}/payouts")
    assert "公示期满以后" in before and "拨付中" not in before  # no figure of money that is not divided yet
    release(world)
    account(world, "41", HOST_ACCOUNT)

    manager.open(f"/console/campaigns/{world.slug}/payouts")
    page = manager.send(f"/campaigns/{world.slug}/payouts")
    assert "第 1 号拨付计划已生成" in page and "95.00" in page
    page = manager.open("/console/payout-plans/1")
    assert "栾川县" in page and "批准时确定" in page
    assert "还没有确认的收款账户：栾川县" in manager.send("/payout-plans/1/approve")

    manager.open("/console/network/4102/payees")
    assert "同一账号" not in manager.send("/network/4102/payees", **ACCOUNT._asdict())
    manager.open("/console/network/4101/payees")
    bad = manager.send("/network/4101/payees", **ACCOUNT._replace(bank_code="1", holder="<b>x</b>")._asdict())
    assert "12 位数字的联行号" in bad and "<b>x</b>" not in bad and "&lt;b&gt;x" in bad
    page = manager.send("/network/4101/payees", **ACCOUNT._asdict())
    assert "****2345" in page and "9012" not in page
    assert "同一账号也登记给了：" in page and "嵩县" in page
    payee = re.findall(r"/payees/(\d+)/confirm", page)[0]
    assert "使用中" in manager.send(f"/payees/{payee}/confirm")

    manager.open("/console/payout-plans/1")
    assert "已批准，款项已留出" in manager.send("/payout-plans/1/approve")
    assert sums(world)["payable"] == 95_00
    page = manager.send("/payout-plans/1/send")
    assert "下载 pain.001" in page and "1 笔等银行结果" in page
    assert b"EndToEndId" in manager.http.get("/console/payout-plans/1/file-pain001").data
    assert "410012345678" in manager.http.get("/console/payout-plans/1/file-csv").text
    assert "导入银行付款回执" in page
    answered = report(answer("BS000001-00001", "ACSP", "", "95.00"))
    assert import_file(world.deps, ImportRequest("payment_report", Confirmation("finance")), answered).added == 1
    assert "银行已受理" in manager.open("/console/payout-plans/1")
    page = manager.send("/remittances/1/paid", reference="R-1", paid_on="2026-09-07", evidence="回单 1")
    assert "已付款" in text(page) and "回单 1" in page and "已办结" in page
    assert "已办结" in manager.open(f"/console/campaigns/{world.slug}/payouts")
    manager.open("/console/payout-plans/1")
    assert "已拨付 95.00" in text(manager.open(f"/public/c/{world.slug}"))
    assert "已拨付给项目 80.00" in text(manager.open(f"/c/{world.slug}/p/{project}"))
    manager.open("/console/payout-plans/1")
    for day, fault in (("昨天", "不是日期"), ("2026-09-01", "不能早于付款的日期")):
        assert fault in manager.send("/remittances/1/returned", reason="户名不符", returned_on=day)
    page = manager.send("/remittances/1/returned", reason="户名不符", returned_on="2026-09-08")
    assert "户名不符" in page and "已办结 1 笔没有付成" in text(page)
    assert sums(world)["share_project"] + sums(world)["share_township"] == 95_00
    assert "退回日期 2026-09-08" in text(page) and "还没有再拨" in page
    world.do(plans.make_plan, world.slug, "finance")
    assert "第 2 号计划再拨" in manager.open("/console/payout-plans/1")
    world.check()


def test_a_gift_that_no_statement_shows_is_named_as_not_divided(manager: Reader, world: World) -> None:
    late = world.give(10_00)
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    pages = f"/console/campaigns/{world.slug}/payouts", f"/public/c/{world.slug}"
    assert not any("还没有分账" in manager.open(page) for page in pages)
    world.pay(late)
    assert all("还没有分账 10.00" in text(manager.open(page)) for page in pages)


def test_rules_of_payouts_are_kept_and_shown(manager: Reader, world: World) -> None:
    manager.open("/console/network/41/payees")
    page = manager.send(
        "/network/41/payout-rules", fees_from="gifts", lowest_payee="township", management_most="8.5"
    )
    assert 'value="8.5"' in page and "拨付规则已保存" in page
    refused = manager.send(
        "/network/41/payout-rules", fees_from="gifts", lowest_payee="township", management_most="x"
    )
    assert "拨付规则已保存" not in refused


def test_a_liaison_spends_with_a_photo_and_finance_checks(manager: Reader, world: World) -> None:
    project = world.projects[0]
    page = manager.open(f"/console/projects/{project}/spending")
    assert 'capture="environment"' in page
    typed = {"amount": "12.30", "purpose": "<b>一周的菜</b>", "spent_on": "2026-09-09", "document_no": "发票 7"}
    file = (io.BytesIO(photo()), "voucher.jpg")
    refused = manager.send(f"/projects/{project}/spending", **typed, budget_row=None, file=file)
    assert "请填写" in refused and "支出已登记" not in refused, "no row is assumed"
    file = (io.BytesIO(photo()), "voucher.jpg")
    page = manager.send(f"/projects/{project}/spending", **typed, file=file)
    assert "支出已登记" in page and "&lt;b&gt;一周的菜" in page and "<b>一周的菜" not in page
    spending = re.findall(r"/spendings/(\d+)/check", page)[0]
    assert manager.http.get(f"/console/spendings/{spending}/photo").mimetype == "image/webp"
    assert "1 笔支出等核对" in manager.open("/console/")
    assert "发票 7" in manager.open("/console/spendings")
    manager.open(f"/console/projects/{project}/spending")
    assert "已退回修改" in manager.send(f"/spendings/{spending}/back", reason="名称写明白")
    page = manager.send(f"/spendings/{spending}", **typed | {"purpose": "一周的菜"})
    assert "支出已更正" in page
    page = manager.send(f"/spendings/{spending}/check")
    assert "已核对" in page and "支出超过已拨付的款项" in page
    public = text(manager.open(f"/c/{world.slug}/p/{project}"))
    assert "钱花到哪了" in public and "一周的菜" in public and "12.30" in public
    assert "先垫付 12.30" in public and "未用" not in public, "the sums add up although nothing was paid out yet"
    assert "发票 7" not in public, "numbers of documents are for managers"
    manager.open(f"/console/projects/{project}/spending")
    bad = manager.send(f"/projects/{project}/spending", **typed | {"amount": "1,2"})
    assert "支出已登记" not in bad


def test_money_gets_another_purpose_and_a_surplus_goes_to_another_project(manager: Reader, world: World) -> None:
    project, other = world.projects[:2]
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    address = f"/console/projects/{project}/purpose"
    assert "还没有拨付 100.00" in text(manager.open(address))
    code = world.do(projects.find, other).code
    typed = {"source": f"share_project/{world.slug}", "amount_minor": "30", "to_project": code, "filing_no": "B-9"}
    unchosen = manager.send(f"/projects/{project}/purpose", **typed | {"source": None}, reason="搬迁")
    assert "哪一笔：请填写" in unchosen, "nothing is chosen beforehand"
    bad = manager.send(f"/projects/{project}/purpose", **typed, basis="consent", evidence="", reason="<b>搬迁</b>")
    assert "请检查" in bad and "&lt;b&gt;搬迁" in bad and 'value="B-9"' in bad
    page = manager.send(f"/projects/{project}/purpose", **typed, basis="consent", evidence="档案 3", reason="搬迁")
    assert "捐赠人书面同意 B-9" in text(page) and "还没有拨付 70.00" in text(page)
    assert "用途变更和结余" in manager.open(f"/c/{world.slug}/p/{project}")
    shown = text(manager.open(f"/console/campaigns/{world.slug}/payouts"))
    assert "100.00 0.00 0.00 -30.00 70.00" in shown and "0.00 0.00 0.00 +30.00 30.00" in shown

    for done, stars in (("开工", {}), ("验收合格", {"rating": "4"})):
        assert ("几星" in manager.open(f"/console/projects/{project}/review")) is bool(stars)
        page = manager.send(f"/projects/{project}/advance-review", reason=done, **stars)
    assert "已评估" in text(page) and "验收合格" in page and "4 星" in text(page), "stars and text in one act"
    assert "70.00" in manager.open("/console/surpluses")
    manager.open(address)
    unknown = typed | {"to_project": "P0", "amount_minor": "31", "basis": "filing", "reason": "搬迁"}
    page = manager.send(f"/projects/{project}/purpose", **unknown)
    assert "改给哪个项目（编号）：没有这个项目" in text(page)
    assert page.count('value="31"') == 1, "the form of the surplus stays empty"
    assert page.count('class="notice bad"') == 1, "the refusal is shown once, at its field"
    left = {"source": f"share_project/{world.slug}", "way": "same_purpose", "reason": "修好了还有剩"}
    page = manager.send(f"/projects/{project}/surplus", **left, amount_minor="70", to=str(other))
    assert "结余 用于目的相近的项目" in text(page) and "没有等着处理的结余" in manager.open("/console/surpluses")
    assert "修好了还有剩" in manager.open(f"/c/{world.slug}/p/{project}")
    world.check()


def test_money_that_came_back_is_entered_for_the_campaign_that_paid_it(manager: Reader, sent: World) -> None:
    project = sent.projects[0]
    first, _second = sent.do(plans.remittances_of, 1)
    sent.do(remittances.mark_paid, first.id, "R-1", sent.clock.at.date(), "slip", "maker")
    for _ in range(2):
        sent.do(advance, project, "done", ACTOR)
    address, form = f"/console/projects/{project}/purpose", f"/projects/{project}/surplus-returns"
    came = {"amount_minor": "40", "reference": "回款 7", "campaign": sent.slug}
    assert f"{yuan(first.amount_minor)}</option>" in manager.open(address)
    assert "到账日期：" in manager.send(form, **came, returned_on="昨天")
    assert "share_project" not in sums(sent), "nothing is booked without the day"
    page = manager.send(form, **came, returned_on="2026-09-09")
    assert "退回的结余已入账" in page and "还没有拨付 40.00" in text(page)
    sent.check()


def test_agreements_pledges_and_transfers_between_funds_have_pages(manager: Reader, world: World) -> None:
    manager.open("/console/agreements")
    bad = manager.send(
        "/network/41/agreements", kind="donation", number="A-1", title="<i>x</i>", party="", signed_on="2026-09-01"
    )
    assert "请检查" in bad and "&lt;i&gt;x" in bad
    typed = {"kind": "donation", "number": "A-1", "title": "捐建路灯", "party": "某某公司", "amount_minor": "1000"}
    page = manager.send("/network/41/agreements", **typed, signed_on="2026-09-01")
    assert "捐建路灯" in page and "1,000.00" in page
    manager.open("/console/agreements/1")
    page = manager.send("/agreements/1/pledge", due_on="2026-09-02", amount="500")
    assert "逾期" in page
    assert "已催告" in manager.send("/pledges/1/call")
    page = manager.send("/pledges/1/pay", deposit="1", amount="500")
    assert "已兑现" in page
    partner = {"kind": "partner", "number": "P-1", "title": "合作", "party": "某某基金会", "assessment": "合格"}
    assert f'<option value="{world.slug}">' in manager.open("/console/agreements"), "chosen by name, not typed"
    manager.send("/network/41/agreements", **partner, signed_on="2026-09-01", campaign=world.slug)
    assert "某某基金会" in manager.open(f"/public/c/{world.slug}")

    other = world.do(create_fund, "另一个基金", "rural", "test")
    assert "另一个基金" in manager.open(f"/console/funds/{world.fund}/transfer")
    address = f"/funds/{world.fund}/transfer?to={other}"
    manager.open(f"/console{address}")
    page = manager.send(address, verb="preview", amount_minor="12.50", reason="两个基金商定")
    assert "转出 12.50 元" in text(page)
    assert "还没有分账" in manager.open("/public/management") and "还没有分账" in manager.open(
        "/console/management"
    )
    world.check()


def test_goods_are_entered_confirmed_handed_out_and_shown_beside_the_money(manager: Reader, world: World) -> None:
    project = world.projects[0]
    assert "还没有登记物资" in manager.open("/console/goods")
    manager.open(f"/console/projects/{project}/goods")
    typed = {"name": "棉被 <b>", "quantity": "200", "unit": "床", "value_minor": "24000", "basis": "invoice"}
    typed |= {"document": "发票 7", "received_on": "2026-09-01"}
    bad = manager.send(f"/projects/{project}/goods", **typed, valued_by="")
    assert "请检查" in bad and "&lt;b&gt;" in bad
    assert "待确认价值" in manager.send(f"/projects/{project}/goods", **typed, valued_by="民政局")
    receiver = world.do(lambda tx: organisations.find(tx, projects.find(tx, project).organisation_code).name)
    assert f"2026-09-01 · {receiver}" in text(manager.open("/console/goods/1"))
    assert "已确认价值" in manager.send("/goods/1/confirm")
    handout = {"recipient": "三组", "handed_on": "2026-09-01", "evidence": "签收单"}
    assert "60 / 200" in text(manager.send("/goods/1/handout", quantity="60", **handout))
    assert "已经发放 60" in manager.send("/goods/1/handout", quantity="141", **handout)
    public = text(manager.open(f"/c/{world.slug}/p/{project}"))
    assert "24,000.00" in public and "已发放 60 床" in public and "三组" not in public and "民政局" not in public
    yearly = text(manager.open("/public/yearly"))
    assert "款（元）" in yearly and "24,000.00" in yearly
    assert "棉被" in manager.open("/console/goods.csv")
