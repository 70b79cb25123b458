"""Requests for donation receipts: by donors of paid gifts, issued by the fiscal system, sealed and erased."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from app.i18n.receipt_columns import header
from campaigns.desks import receipt_desk
from campaigns.desks.receipt_desk import Issued
from campaigns.desks.receipt_file import LAYOUT
from campaigns.donations.donors.payer import Payer, is_credit_code, read_payer
from campaigns.donations.receipts.receipt_requests import (
    MOST_REQUESTS,
    receipts_of,
    request_receipt,
    waive_receipt,
    withdraw_receipt,
)
from campaigns.privacy.erase import erase
from campaigns.privacy.person import alone
from kernel.errors import Conflict, Invalid
from tests.api.client import Api
from tests.api.conftest import api, http
from tests.papers.test_pictures import NASTY
from tests.web.reader import Reader
from tests.world import World

__all__ = ["api", "http"]

CODE = "91350100M000100Y43"  # the example of GB 32100-2015
PAYER = read_payer("company", "洛阳某某有限公司", CODE, "finance@example.org")
ISSUED = Issued("00010125", "0012345678", "a1b2c3", date(2026, 11, 26))


def request(world: World, donation_id: Any, payer: Payer = PAYER) -> int:
    view = world.do(request_receipt, world.deps.keys, donation_id, payer)
    assert view.id is not None
    return int(view.id)


def test_credit_codes_are_checked() -> None:
    assert is_credit_code(CODE)
    for text in ("", CODE[:-1], CODE[:-1] + "4", "91350100M000100Y4I", "9" * 18, CODE.lower()):
        assert not is_credit_code(text), text
    assert read_payer("company", " 某公司 ", "9135 0100 m000-100y43", "a@example.org").tax_id == CODE


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        (("company", "某公司", "", "a@example.org"), {"tax_id"}),
        (("company", "某公司", "91350100M000100Y44", "a@example.org"), {"tax_id"}),
        (("person", "", CODE, "nobody"), {"title", "tax_id", "email"}),
        (("other", "a\u202eb", "", "a@b"), {"kind", "title", "email"}),
    ],
)
def test_an_invalid_payer_is_refused_by_field(typed: tuple[str, str, str, str], fields: set[str]) -> None:
    with pytest.raises(Invalid, match="receipt_invalid") as refusal:
        read_payer(*typed)
    assert set(refusal.value.fields) == fields


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_that_was_downloaded_can_be_imported_again_in_either_language(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        places = LAYOUT.find(header())
    assert places is not None and list(places) == [column.name for column in LAYOUT.columns]


def test_a_receipt_is_requested_once_issued_and_seen(world: World) -> None:
    paid = world.pay(world.give(100_00))
    receipt = request(world, paid.id)
    assert request(world, paid.id) == receipt, "the same again is the same request"
    with pytest.raises(Conflict, match="receipt_exists"):
        request(world, paid.id, read_payer("person", "小满", "", "a@example.org"))
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    with pytest.raises(Conflict, match="receipt_issued"):
        world.do(withdraw_receipt, paid.id)
    (view,) = world.do(receipts_of, world.deps.keys, paid.id)
    assert (view.state, view.number, view.check_code, view.issued_minor) == (
        "issued",
        ISSUED.number,
        "a1b2c3",
        100_00,
    )
    other = request(world, world.pay(world.give(50_00)).id)
    with pytest.raises(Conflict, match="receipt_number_taken"):
        world.do(receipt_desk.issue, other, ISSUED, "li")


def test_a_refund_shows_and_the_receipt_is_issued_anew(world: World) -> None:
    paid = world.pay(world.give(100_00))
    receipt = request(world, paid.id)
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    world.refund(paid, 40_00)
    line = world.do(receipt_desk.line, world.deps.keys, receipt)
    assert (line.issued_minor, line.kept_minor) == (100_00, 60_00)
    world.do(receipt_desk.withdraw, receipt, "红冲", "li")
    again = request(world, paid.id)
    world.do(receipt_desk.issue, again, ISSUED._replace(number="2"), "li")
    assert world.do(receipt_desk.line, world.deps.keys, again).issued_minor == 60_00


def test_a_donor_waives_the_receipt_and_may_still_request_one(world: World) -> None:
    waiting = world.give(100_00)
    with pytest.raises(Conflict, match="receipt_unpaid"):
        world.do(waive_receipt, waiting.id)
    paid = world.pay(waiting)
    request(world, paid.id)
    world.do(waive_receipt, paid.id)
    world.do(waive_receipt, paid.id)
    states = ["withdrawn", "waived"]
    assert [row.state for row in world.do(receipts_of, world.deps.keys, paid.id)] == states, "recorded once"
    receipt = request(world, paid.id)
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    with pytest.raises(Conflict, match="receipt_issued"):
        world.do(waive_receipt, paid.id)
    world.do(receipt_desk.withdraw, receipt, "作废", "li")
    for _round in range(MOST_REQUESTS - 3):
        request(world, paid.id)
        world.do(withdraw_receipt, paid.id)
    with pytest.raises(Conflict, match="receipt_limit"):
        world.do(waive_receipt, paid.id)


def test_unpaid_and_returned_gifts_get_none(world: World) -> None:
    waiting = world.give(100_00)
    with pytest.raises(Conflict, match="receipt_unpaid"):
        request(world, waiting.id)
    paid = world.pay(waiting)
    receipt = request(world, paid.id)
    world.refund(paid, 100_00)
    with pytest.raises(Conflict, match="receipt_unpaid"):
        world.do(receipt_desk.issue, receipt, ISSUED, "li")


def test_an_erased_payer_is_unreadable_and_the_number_stays(world: World) -> None:
    paid = world.pay(world.give(100_00))
    receipt = request(world, paid.id)
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    with world.db.transaction() as tx:
        stored = tx.scalar("SELECT payer FROM receipt_request")
        assert stored.startswith("sealed:") and "公司" not in stored and CODE not in stored
        erase(world.deps, tx, alone(tx, paid.id), "donor", "donor")
    line = world.do(receipt_desk.line, world.deps.keys, receipt)
    assert (line.payer.title, line.payer.email, line.number) == ("", "", ISSUED.number)


def test_the_api_serves_donors_and_finance(api: Api, world: World) -> None:
    paid = world.pay(world.give(100_00))
    token = world.deps.keys.token(str(paid.id))
    body = {"kind": "company", "title": '=HYPERLINK("x")', "tax_id": CODE, "email": "a@example.org"}
    path = f"/donations/{paid.id}/receipt-requests"
    made = api.post(path, body, token)
    assert made.status_code == 201 and made.json and made.json["payer"]["tax_id"] == CODE
    desk = "/receipt-requests"
    assert api.get(desk).status_code == 401 and api.get(desk, api.token("auditor")).status_code == 403
    finance = api.token("finance")
    (row,) = api.get(f"{desk}?state=requested", finance).json or []
    assert row["payer"]["title"] == body["title"] and row["kept_minor"] == 100_00
    (line,) = csv.DictReader(io.StringIO(api.get(f"{desk}.csv", finance).text.lstrip("\ufeff")))
    assert line["交款人"] == "'" + body["title"]
    assert (line["数量"], line["标准（元）"], line["金额（元）"]) == ("1", "100.00", "100.00")
    assert line["合计（大写）"] == "壹佰元整"
    issued = {"code": "1", "number": "2", "check_code": "3", "issued_on": "2026-11-26"}
    shown = api.post(f"{desk}/{row['id']}/issue", issued, finance).json
    assert shown and (shown["state"], shown["number"]) == ("issued", "2")
    ended = api.post(f"{desk}/{row['id']}/withdraw", {"reason": "作废"}, finance).json
    assert ended and (ended["state"], ended["reason"]) == ("withdrawn", "作废")


def test_donors_ask_on_their_page_and_finance_records_the_number(
    reader: Reader, manager: Reader, app: Flask, world: World
) -> None:
    paid = world.pay(world.give(100_00))
    donor = Reader(app.test_client(), world)
    donor.open(f"/d/{paid.id}?token={world.deps.keys.token(str(paid.id))}")
    page = donor.send("/receipt#receipt", 422, kind="company", title="某公司", email="a@example.org")
    assert "请检查票据信息" in page and '<span class="fault" id="fault-tax_id">请填写' in page
    assert page.count(" autofocus") == 1 and 'aria-describedby="fault-tax_id" autofocus' in page
    for title in [text[:100] for text in NASTY]:
        page = donor.send("/receipt#receipt", kind="person", title=title, tax_id="", email="a@example.org")
        assert "等待开票" in page and "<script>" not in page and "@a <b>" not in page
        donor.send("/receipt/withdraw")
        if title == NASTY[3]:
            break
    donor.send("/receipt#receipt", kind="company", title="某公司", tax_id=CODE, email="a@example.org")
    other = world.pay(world.give(50_00))
    waiver = Reader(app.test_client(), world)
    waiver.open(f"/d/{other.id}?token={world.deps.keys.token(str(other.id))}")
    assert "已放弃" in waiver.send("/receipt/waive") and "不要票据，记下来" not in waiver.page.text
    assert "不要票据 <span" in manager.open("/console/receipts")
    assert "捐赠人不要票据" in manager.open(f"/console/donations/{other.id}")
    assert "某公司" in manager.open("/console/receipts")
    manager.send(
        "/console/receipts/5", code="1", number="777", check_code="3", issued_on="2026-11-26", decision="issue"
    )
    assert "777" in donor.open(f"/d/{paid.id}")
