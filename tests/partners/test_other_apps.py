"""A merchant's bill of WeChat Pay lists all of its apps, of which a platform may be only some."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from campaigns.import_plan import Confirmation, Sum
from campaigns.imports import fetch_bills
from campaigns.imports.kinds import ImportRequest, import_file, preview
from kernel.errors import Invalid
from payments.bills.bill_accounts import NewAccount
from tests.partners.test_fetched_bills import DAY, came, lines, the_next_day
from tests.partners.vendor_bills import Trade, alipay_lines, gzipped, wechat_funds, wechat_trades
from tests.partners.vendor_servers import MERCHANT, SERIAL, Vendors, vendors
from tests.partners.vendors import APIV3_KEY, KEY_ID, PLATFORM, pem, private_pem, register
from tests.world import World

OURS = (
    Trade("W1", 50_00, "2026-09-09 10:00:00", fee_minor=30, app="wx1"),
    Trade("W2", 8_00, "2026-09-09 10:30:00", app="wx2"),
    Trade("W1", 20_00, "2026-09-09 11:00:00", refund="R1", fee_minor=-12, app="wx1"),
)
OTHERS = (
    Trade("X1", 9_00, "2026-09-09 10:10:00", app="wx9"),
    Trade("X1", 4_00, "2026-09-09 10:20:00", refund="R9", app="wx9"),
)
STORED = [("charge", "W1", 50_00, 30), ("charge", "W2", 8_00, 0), ("refund", "W1", -20_00, -12)]


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    with vendors(tmp_path, monkeypatch) as room:
        yield room


def registered(world: World, appid: str) -> str:
    parameters = {"mchid": "1900000001", "appid": appid}
    return register(world, "wechatpay_v3", {KEY_ID: pem(PLATFORM)}, parameters, APIV3_KEY)


def fetched(world: World, since: date = DAY) -> str:
    name = registered(world, "wx1, wx2")
    account = NewAccount(SERIAL, private_pem(MERCHANT), since)
    world.do(fetch_bills.set_account, world.deps.keys, name, account, "test")
    return name


def test_lines_of_another_app_are_counted_and_not_stored(world: World) -> None:
    asked_for = ImportRequest("statement", Confirmation("test"), registered(world, "wx1, wx2"))
    data = wechat_trades((*OURS, *OTHERS))
    plan = preview(world.deps, asked_for, data)
    assert Sum("another_app", 2, 5_00) in plan.sums
    assert len(plan.new) == 3
    assert import_file(world.deps, asked_for, data).added == 3
    assert lines(world) == STORED
    audited = world.do(lambda tx: tx.scalar("SELECT detail FROM audit_entry WHERE action = 'statement.import'"))
    assert (audited["lines"], audited["another_app"]) == (3, 2)
    assert preview(world.deps, asked_for, data).stored
    world.check()


def test_a_faulty_line_of_another_app_does_not_refuse_the_bill(world: World) -> None:
    asked_for = ImportRequest("statement", Confirmation("test"), registered(world, "wx1, wx2"))
    data = wechat_trades((*OURS, *OTHERS))
    faulty = data.replace(b"2026-09-09 10:10:00", b"2026-09-09 25:10:00")
    assert faulty != data
    assert import_file(world.deps, asked_for, faulty).added == 3
    assert lines(world) == STORED
    for ours in (
        data.replace(b"2026-09-09 10:00:00", b"2026-09-09 25:00:00"),
        faulty.replace(b"2026-09-09 10:00:00", b"2026-09-09 25:00:00"),
        faulty.replace(b"9.00", b"9.0x"),  # the totals cannot be checked without this amount
    ):
        with pytest.raises(Invalid):
            import_file(world.deps, asked_for, ours)


@pytest.mark.parametrize(
    ("appid", "data"),
    [
        ("", wechat_trades((*OURS, *OTHERS))),
        ("wx1, wx2", wechat_trades([trade._replace(app="") for trade in (*OURS, *OTHERS)])),
        ("wx1, wx2", wechat_trades((*OURS, *OTHERS)).replace("公众账号ID".encode(), b"-")),
    ],
)
def test_without_an_app_in_mapping_or_bill_every_line_counts(world: World, appid: str, data: bytes) -> None:
    plan = preview(world.deps, ImportRequest("statement", Confirmation("test"), registered(world, appid)), data)
    assert (len(plan.new), "another_app" in {part.name for part in plan.sums}) == (5, False)


def test_lines_stored_before_the_apps_were_named_are_for_a_person_to_decide(world: World) -> None:
    name, data = registered(world, ""), wechat_trades((*OURS, *OTHERS))
    asked_for = ImportRequest("statement", Confirmation("test"), name)
    assert import_file(world.deps, asked_for, data).added == 5
    world.do(lambda tx: tx.run("""UPDATE partner_mapping SET parameters = '{"mchid": "1", "appid": "wx1,wx2"}'"""))
    assert Sum("dropped", 2, 5_00) in preview(world.deps, asked_for, data).sums


def test_a_fetched_bill_of_other_apps_alone_is_an_empty_day(world: World, theirs: Vendors) -> None:
    name = fetched(world)
    funds = gzipped(wechat_funds([("2026-09-09 10:00:00", "8", "交易", 5_00)]))
    theirs.bills = {("trades", str(DAY)): gzipped(wechat_trades(OTHERS)), ("funds", str(DAY)): funds}
    the_next_day(world)
    fetch_bills.fetch_due(world.deps)
    assert came(world, name) == [("trades", "empty", "", "", 0), ("funds", "taken", "", "", 0)]
    assert world.do(lambda tx: tx.scalar("SELECT day FROM empty_bill_day")) == DAY
    assert lines(world) == []


def test_the_bill_of_another_merchant_is_refused(world: World) -> None:
    asked_for = ImportRequest("statement", Confirmation("test"), registered(world, "wx1, wx2"))
    data = wechat_trades(OURS)
    with pytest.raises(Invalid) as refused:
        import_file(world.deps, asked_for, data.replace(b"1900000001", b"1900000002", 1))
    assert {place: why.code for place, why in refused.value.fields.items()} == {
        "line 2.merchant_id": "another_merchant"
    }
    assert lines(world) == []
    assert import_file(world.deps, asked_for, data).added == 3


def test_the_account_above_an_alipay_bill_is_that_of_the_seller(world: World) -> None:
    parameters = {"app_id": "2021000000000001", "seller_id": "2088000000000001"}
    asked_for = ImportRequest("statement", Confirmation("test"), register(world, "alipay", {}, parameters))
    data = alipay_lines([Trade("A1", 50_00, "2026-09-09 10:00:00", fee_minor=30)])
    stated = b"20880000000000010156"
    with pytest.raises(Invalid) as refused:
        import_file(world.deps, asked_for, data.replace(stated, b"20880000000000090156"))
    assert {place: why.code for place, why in refused.value.fields.items()} == {"line 2": "another_merchant"}
    assert preview(world.deps, asked_for, data.replace(stated, b"charity@example.org")).faults == {}
    assert import_file(world.deps, asked_for, data).added == 1
