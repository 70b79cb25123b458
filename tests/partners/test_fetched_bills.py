"""Bills that are fetched: `wechatpayv3` and the engine as clients of a WeChat Pay and an Alipay on this machine."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from campaigns.imports import fetch_bills
from campaigns.imports.fetch_bills import fetch_due
from kernel.errors import Conflict, Invalid
from payments.bills.bill_accounts import NewAccount
from payments.mappings.mapping_models import FetchedBill
from tests.partners.outside import NODE_ROOM, run
from tests.partners.vendor_bills import (
    Movement,
    Trade,
    alipay_funds_zip,
    alipay_zip,
    gzipped,
    wechat_funds,
    wechat_trades,
)
from tests.partners.vendor_servers import FILES, MERCHANT, SERIAL, WECHAT, Vendors, vendors
from tests.partners.vendors import APIV3_KEY, KEY_ID, PLATFORM, SECRET, pem, private_pem, register
from tests.world import World

DAY, NEXT = date(2026, 9, 9), "2026-09-10T10:30:00+08:00"
TRADES = (
    Trade("W1", 50_00, "2026-09-09 10:00:00", fee_minor=30),
    Trade("W1", 20_00, "2026-09-09 11:00:00", refund="R1", fee_minor=-12),
)
MOVEMENTS = (
    Movement("1", "在线支付", 50_00, "2026-09-09 10:00:00", "W1"),
    Movement("2", "收费", -30, "2026-09-09 10:00:00", "W1"),
    Movement("3", "收费", -5_00, "2026-09-09 12:00:00"),
    Movement("4", "提现", -30_00, "2026-09-09 13:00:00"),
    Movement("5", "转账", 5, "2026-09-09 14:00:00"),
)
FUNDS = (("2026-09-09 12:00:00", "7", "提现", -30_00), ("2026-09-09 10:00:00", "8", "交易", 50_00))


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    with vendors(tmp_path, monkeypatch) as room:
        yield room


def wechat(world: World, since: date = DAY) -> str:
    name = register(world, "wechatpay_v3", {KEY_ID: pem(PLATFORM)}, {"mchid": "1900000001"}, APIV3_KEY)
    account = NewAccount(SERIAL, private_pem(MERCHANT), since)
    world.do(fetch_bills.set_account, world.deps.keys, name, account, "test")
    return name


def alipay(world: World) -> str:
    parameters = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
    name = register(world, "alipay", {"alipay": pem(PLATFORM)}, parameters)
    world.do(fetch_bills.set_account, world.deps.keys, name, NewAccount("", private_pem(MERCHANT), DAY), "test")
    return name


def the_next_day(world: World) -> None:
    world.clock.at = world.clock.at.fromisoformat(NEXT)


def came(world: World, name: str) -> list[tuple[str, str, str, str, int]]:
    rows: list[FetchedBill] = world.do(fetch_bills.bills_of, name)
    return [(row.kind, row.state, row.code, row.detail, row.lines) for row in rows]


def lines(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.do(
        lambda tx: tx.rows(
            "SELECT kind, source_id, amount_minor, fee_minor FROM provider_line ORDER BY occurred_at"
        )
    )
    return [tuple(row) for row in rows]


def test_wechat_pays_bills_come_the_next_morning(world: World, theirs: Vendors) -> None:
    name = wechat(world)
    theirs.bills = {
        ("trades", "2026-09-09"): gzipped(wechat_trades(TRADES)),
        ("funds", "2026-09-09"): gzipped(wechat_funds(FUNDS)),
    }
    assert fetch_due(world.deps) == 0
    the_next_day(world)
    assert fetch_due(world.deps) == 2
    assert came(world, name) == [("trades", "taken", "", "", 2), ("funds", "taken", "", "", 1)]
    assert lines(world) == [("charge", "W1", 50_00, 30), ("refund", "W1", -20_00, -12), ("payout", "", -30_00, 0)]
    assert theirs.asked.count(f"{WECHAT}/v3/billdownload/file") == 2
    assert (fetch_due(world.deps), len(theirs.asked)) == (0, 4), "what was taken is not asked for again"
    world.do(fetch_bills.ask_for_day, world.deps.keys, name, DAY, "test")
    assert (fetch_due(world.deps), len(theirs.asked)) == (2, 8), "but for whoever wants it again, to no harm"
    assert [(state, count) for _, state, _, _, count in came(world, name)] == [("taken", 0), ("taken", 0)]
    world.check()


def test_alipays_bill_comes_as_a_zip(world: World, theirs: Vendors) -> None:
    name = alipay(world)
    theirs.bills = {
        ("alipay", "2026-09-09"): alipay_zip(TRADES),
        ("alipay_funds", "2026-09-09"): alipay_funds_zip(MOVEMENTS),
    }
    the_next_day(world)
    assert fetch_due(world.deps) == 2
    assert came(world, name) == [("trades", "taken", "", "", 2), ("funds", "taken", "", "", 3)]
    assert lines(world) == [
        ("charge", "W1", 50_00, 30),
        ("refund", "W1", -20_00, -12),
        ("fee", "", -5_00, 0),
        ("payout", "", -30_00, 0),
        ("other", "", 5, 0),
    ]
    assert theirs.asked[-1] == f"{FILES}/downloadBillFile.resource"
    fees = world.do(
        lambda tx: tx.rows("SELECT amount_minor FROM ledger_transfer WHERE kind = 'fee_charged' ORDER BY 1")
    )
    assert [row.amount_minor for row in fees] == [30, 5_00], "a fee that is in both bills counts once"
    world.check()


def test_alipays_own_sdk_takes_what_the_alipay_here_answers(node: str, theirs: Vendors) -> None:
    theirs.bills = {("alipay", "2026-09-09"): alipay_zip(TRADES)}
    request = {"privateKey": private_pem(MERCHANT), "publicKey": pem(PLATFORM), "gateway": theirs.address}
    script, trusted = str(NODE_ROOM / "alipay_bill.js"), theirs.certificate
    for day, code in (("2026-09-09", "10000"), ("2026-09-08", "40004")):
        printed = run(node, script, stdin=json.dumps(request | {"day": day}), NODE_EXTRA_CA_CERTS=trusted)
        assert json.loads(printed)["code"] == code
    theirs.faults = {"body": "{}"}
    printed = run(node, script, stdin=json.dumps(request | {"day": "2026-09-09"}), NODE_EXTRA_CA_CERTS=trusted)
    assert "验签失败" in json.loads(printed)["refused"]


@pytest.mark.parametrize("kind", [wechat, alipay])
def test_a_day_without_a_bill_is_an_empty_day(world: World, theirs: Vendors, kind: type) -> None:
    name = kind(world)
    the_next_day(world)
    fetch_due(world.deps)
    assert {state for _, state, *_ in came(world, name)} == {"empty"}
    assert theirs.asked
    rows = world.do(lambda tx: tx.rows("SELECT provider, day, said_by FROM empty_bill_day"))
    assert [tuple(row) for row in rows] == [(f"partner:{name}", DAY, "job:fetch-bills")]


def test_a_bill_that_is_not_ready_is_fetched_later(world: World, theirs: Vendors) -> None:
    name = alipay(world)
    theirs.faults = {"code": "isp.bill_creating"}
    the_next_day(world)
    assert fetch_due(world.deps) == 0
    not_ready = ("waits", "bill_not_ready", "isp.bill_creating", 0)
    assert came(world, name) == [("trades", *not_ready), ("funds", *not_ready)]
    theirs.faults, theirs.bills = {}, {("alipay", "2026-09-09"): alipay_zip(TRADES)}
    world.clock.at += timedelta(minutes=9)
    assert fetch_due(world.deps) == 0
    world.clock.at += timedelta(minutes=1)
    assert fetch_due(world.deps) == 2
    assert came(world, name) == [("trades", "taken", "", "", 2), ("funds", "empty", "", "", 0)]


@pytest.mark.parametrize(
    ("fault", "code", "detail"),
    [
        ({"hash": "0" * 40}, "bill_differs", "hash_value"),
        ({"body": "another"}, "bill_answer_unsigned", ""),
    ],
)
def test_nothing_is_taken_that_wechat_pay_did_not_sign(
    world: World, theirs: Vendors, fault: dict[str, str], code: str, detail: str
) -> None:
    name = wechat(world)
    theirs.bills, theirs.faults = {("trades", "2026-09-09"): gzipped(wechat_trades(TRADES))}, fault
    the_next_day(world)
    fetch_due(world.deps)
    assert came(world, name)[0] == ("trades", "waits", code, detail, 0)
    assert lines(world) == []


@pytest.mark.parametrize(
    ("fault", "code", "detail"),
    [
        ({"place": "169.254.169.254"}, "bill_differs", "bill_download_url"),
        ({"place": f"{FILES}:8443"}, "bill_differs", "bill_download_url"),
        ({"place": f"{FILES}@example.org"}, "bill_differs", "bill_download_url"),
        ({"place": f"{FILES}:x"}, "bill_differs", "bill_download_url"),
        ({"place": "["}, "bill_differs", "bill_download_url"),
        ({"body": "{}"}, "bill_answer_unsigned", ""),
    ],
)
def test_nothing_is_fetched_where_alipay_has_no_bills(
    world: World, theirs: Vendors, fault: dict[str, str], code: str, detail: str
) -> None:
    name = alipay(world)
    theirs.bills, theirs.faults = {("alipay", "2026-09-09"): alipay_zip(TRADES)}, fault
    the_next_day(world)
    fetch_due(world.deps)
    assert came(world, name)[0] == ("trades", "waits", code, detail, 0)
    assert not any(address.startswith(FILES) for address in theirs.asked)


def test_a_bill_that_does_not_add_up_waits_with_its_place(world: World, theirs: Vendors) -> None:
    name = wechat(world)
    changed = wechat_trades(TRADES).replace(b"`2,`50.00", b"`3,`50.00")
    theirs.bills = {("trades", "2026-09-09"): gzipped(changed)}
    the_next_day(world)
    fetch_due(world.deps)
    assert came(world, name)[0] == ("trades", "waits", "import_invalid", "line 5.总交易单数: total_differs", 0)


def test_an_account_needs_a_format_with_bills_and_a_strong_key(world: World) -> None:
    register(world, "signed_headers", {"app-1": SECRET})
    account = NewAccount("1", private_pem(MERCHANT), DAY)
    with pytest.raises(Conflict) as unsupported:
        world.do(fetch_bills.set_account, world.deps.keys, "signed-headers", account, "test")
    assert unsupported.value.code == "bill_fetch_unsupported"
    name = wechat(world)
    weak = NewAccount("", "no key", DAY - timedelta(days=400))
    with pytest.raises(Invalid) as refused:
        world.do(fetch_bills.set_account, world.deps.keys, name, weak, "test")
    assert set(refused.value.fields) == {"key_id", "private_key", "since"}
    with pytest.raises(Invalid):
        world.do(fetch_bills.ask_for_day, world.deps.keys, name, DAY, "test")  # it is not over
    world.do(fetch_bills.end_account, name, "test")
    the_next_day(world)
    assert fetch_due(world.deps) == 0


def test_a_payout_is_no_bill_of_its_day(world: World, theirs: Vendors) -> None:
    """The bill of funds came, that of trades did not: the day is awaited as a whole, and may still be empty."""
    name = wechat(world)
    theirs.bills = {("funds", "2026-09-09"): gzipped(wechat_funds(FUNDS))}
    theirs.faults = {"code": "STATEMENT_CREATING"}
    the_next_day(world)
    assert fetch_due(world.deps) == 1
    assert [(kind, state) for kind, state, *_ in came(world, name)] == [("trades", "waits"), ("funds", "taken")]
    theirs.faults = {}
    world.clock.at += timedelta(minutes=10)
    assert fetch_due(world.deps) == 1
    assert {state for _, state, *_ in came(world, name)} == {"empty", "taken"}
    world.check()
