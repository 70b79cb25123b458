"""Two people on one form: what the first saved stays, and the second is told of it."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask

from campaigns.audit import entries_of
from campaigns.goals.goals import NewGoal, set_goal
from campaigns.goods import goods
from campaigns.imports import fetch_bills
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.host_contact import Contact, contacts_of
from campaigns.network.people import create_manager
from campaigns.payouts.rules import splits_of
from campaigns.projects.picture_file import rewrite
from campaigns.projects.pictures import PictureText, insert_picture
from campaigns.projects.related import declaration_of
from campaigns.screening.settings import load_thresholds
from campaigns.screening.thresholds import default_thresholds
from campaigns.spending.vouchers import Voucher, enter
from payments.bills.bill_accounts import NewAccount
from payments.partners.partners import create as create_partner
from tests.goods.test_goods import entered
from tests.partners.vendor_servers import MERCHANT
from tests.partners.vendors import APIV3_KEY, KEY_ID, PLATFORM, pem, private_pem, register
from tests.projects.photos import photo
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import SLUG, World


class Shared(NamedTuple):
    """A form that two people have open: what each types, and what comes to be typed into the field of the first."""

    page: str
    action: str
    first: tuple[str, str]  # a field, and what one types
    second: tuple[str, str] | None  # another field; None where a form has no other, or is written as a whole
    clash: tuple[str, str]  # what both type into the first field later
    reason: str | None = None


def _partner(world: World) -> Shared:
    world.do(create_partner, world.deps.keys, "shanmei", "善美")
    return Shared(
        "/console/partners/shanmei",
        "/limits",
        ("gift_most_minor", "1,000.00"),
        ("day_most_count", "50"),
        ("2,000.00", "3,000.00"),
    )


def _payout_rules(_world: World) -> Shared:
    page, action = "/console/network/41/payees", "/payout-rules"
    return Shared(page, action, ("management_most", "8"), ("lowest_payee", "township"), ("7", "6"))


def _goal(world: World) -> Shared:
    world.do(set_goal, NewGoal(2026, 100, 100, 10), "test")
    page = "/console/goals"
    return Shared(page, "/goals", ("money_minor", "500"), ("goods_minor", "70"), ("600", "800"))


def _chart(_world: World) -> Shared:
    first, second = ("name.bank", "银行存款—专户"), ("name.fees", "手续费")
    return Shared("/console/chart", "/chart", first, second, ("存款", "专户"), "按章程")


def _node(_world: World) -> Shared:
    return Shared("/console/network/41", "/rename", ("name", "新城"), None, ("老城", "古城"))


def _spending(world: World) -> Shared:
    project, day = world.projects[0], world.clock.at.date()
    world.do(enter, project, Voucher(100, day, "发票 1", "一周的菜"), None, "test")
    page = f"/console/projects/{project}/spending"
    return Shared(page, "/spendings/1", ("document_no", "发票 2"), ("purpose", "桌椅"), ("发票 3", "发票 4"))


def _picture(world: World) -> Shared:
    project = world.projects[0]
    image = rewrite(photo((400, 320)))
    picture_id = world.do(insert_picture, project, PictureText("食堂"), image, "file", "test", position=1)
    page = f"/console/projects/{project}"
    return Shared(page, f"/pictures/{picture_id}", ("caption", "新食堂"), ("place", "村口"), ("厨房", "饭桌"))


def _rating(world: World) -> Shared:
    return Shared("/console/projects", f"/projects/{world.projects[0]}/rate", ("rating", "3"), None, ("4", "5"))


FORMS = (_partner, _payout_rules, _goal, _chart, _node, _spending, _picture, _rating)


def _fields(reader: Reader, form: Shared) -> dict[str, str | list[str]]:
    page = reader.open(form.page)
    return next(fields for action, fields in forms(page) if action.endswith(form.action))


@pytest.fixture
def colleague(app: Flask, world: World) -> Reader:
    world.do(create_manager, "kim", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("kim")
    return reader


def test_the_contact_of_a_host(manager: Reader, colleague: Reader, world: World) -> None:
    page, campaign_id = f"/console/campaigns/{SLUG}", world.do(find_campaign, SLUG).id
    manager.open(page)
    colleague.open(page)
    manager.send("/contact", phone="0379 1111111")
    colleague.send("/contact", email="help@example.org")
    assert world.do(contacts_of, [campaign_id])[campaign_id] == Contact("0379 1111111", "", "help@example.org")
    manager.open(page)
    colleague.send("/contact", phone="0379 2222222")
    refused = text(manager.send("/contact", phone="0379 3333333"))
    assert "kim 在" in refused and "0379 2222222" in refused
    assert world.do(contacts_of, [campaign_id])[campaign_id].phone == "0379 2222222"
    manager.send("/contact", phone="0379 3333333")
    entry = world.do(entries_of, f"campaign:{campaign_id}")[0]
    assert entry.detail == {"before": {"phone": "0379 2222222"}, "after": {"phone": "0379 3333333"}}


def test_thresholds_of_review(manager: Reader, colleague: Reader, world: World) -> None:
    page, campaign_id = f"/console/campaigns/{SLUG}/screening", world.do(find_campaign, SLUG).id
    manager.open(page)
    colleague.open(page)
    manager.send("/screening", rapid_count="9")
    colleague.send("/screening", rapid_within_s="777")
    kept = world.do(load_thresholds, [campaign_id], default_thresholds({}))[campaign_id]
    assert (kept.rapid_count, kept.rapid_within_s) == (9, 777)
    manager.open(page)
    colleague.send("/screening", rapid_count="8")
    assert "kim 在" in text(manager.send("/screening", rapid_count="7"))
    assert world.do(load_thresholds, [campaign_id], default_thresholds({}))[campaign_id].rapid_count == 8


def test_goods(manager: Reader, colleague: Reader, world: World) -> None:
    goods_id = entered(world)
    page = f"/console/goods/{goods_id}"
    manager.open(page)
    colleague.open(page)
    manager.send(page, quantity="150")
    colleague.send(page, unit="条")
    row = world.do(goods.find, goods_id)
    assert (row.quantity, row.unit) == (150, "条")
    manager.open(page)
    colleague.send(page, quantity="140")
    assert "kim 在" in text(manager.send(page, quantity="130"))
    assert "物资已更正" in text(manager.send(page)), "told, they may save again"
    assert world.do(goods.find, goods_id).quantity == 130


def test_forms_keep_what_both_changed_and_tell_the_second(manager: Reader, colleague: Reader, world: World) -> None:
    for make in FORMS:
        form = make(world)
        name, first = form.first
        manager.open(form.page)
        colleague.open(form.page)
        colleague.send(form.action, **{name: first}, reason=form.reason)
        if form.second:
            manager.send(form.action, **dict([form.second]), reason=form.reason)
            fields = _fields(manager, form)
            assert (fields[name], fields[form.second[0]]) == (first, form.second[1]), form
        theirs, own = form.clash
        manager.open(form.page)
        colleague.open(form.page)
        colleague.send(form.action, **{name: theirs}, reason=form.reason)
        refused = text(manager.send(form.action, **{name: own}, reason=form.reason))
        assert "kim 在" in refused and theirs.removesuffix(".00").replace(",", "") in refused.replace(",", ""), form
        assert _fields(manager, form)[name] == theirs, form
        manager.send(form.action, **{name: own}, reason=form.reason)
        assert _fields(manager, form)[name] == own, f"told, they may save again: {form}"


def test_a_version_does_not_replace_one_that_the_editor_has_not_seen(
    manager: Reader, colleague: Reader, world: World
) -> None:
    project = world.projects[0]
    page = f"/console/projects/{project}/split"
    manager.open(page)
    colleague.open(page)
    colleague.send(page, project="90", township="10", management="0", reason="按协议")
    refused = text(manager.send(page, reason="不变"))
    assert "kim 在" in refused and "项目款：现在是“90”" in refused
    assert len(world.do(splits_of, project)) == 1
    assert [field["township"] for action, field in forms(manager.page.text) if action.endswith(page)] == ["10"]
    manager.send(page, township="5", management="5", reason="两人商定")
    assert world.do(splits_of, project)[0].management_bps == 500
    review = f"/console/projects/{project}/review"
    manager.open(review)
    colleague.open(review)
    colleague.send("/related", related="yes", text="村主任的弟弟施工")
    assert "现在是“村主任的弟弟施工”" in text(manager.send("/related", related="no"))
    assert world.do(declaration_of, project).actor == "kim"


def test_the_format_of_a_platform_and_its_account_for_bills(
    manager: Reader, colleague: Reader, world: World
) -> None:
    name = register(world, "wechatpay_v3", {KEY_ID: pem(PLATFORM)}, {"mchid": "1900000001"}, APIV3_KEY)
    page = f"/console/partners/{name}/mapping"
    manager.open(page)
    colleague.open(page)
    world.clock.at += timedelta(minutes=1)
    colleague.send("/mapping", parameters="mchid=1900000002")
    refused = text(manager.send("/mapping", 422, parameters="mchid=1900000003"))
    assert "kim 在" in refused
    kept = "SELECT parameters FROM partner_mapping"
    assert world.do(lambda tx: tx.scalar(kept)) == {"mchid": "1900000002"}
    manager.send("/mapping", parameters="mchid=1900000003")
    assert world.do(lambda tx: tx.scalar(kept)) == {"mchid": "1900000003"}
    page = f"/console/partners/{name}/bills"
    manager.open(page)
    account = NewAccount("SERIAL1", private_pem(MERCHANT), world.clock.at.date())
    world.do(fetch_bills.set_account, world.deps.keys, name, account, "kim")
    typed = {"key_id": "SERIAL2", "private_key": account.private_key, "since": str(account.since)}
    assert "kim 在" in text(manager.send("/bills/account", 422, **typed))
    manager.send("/bills/account", **typed)
    assert world.do(lambda tx: tx.scalar("SELECT key_id FROM bill_account")) == "SERIAL2"
