"""Bills of WeChat Pay and Alipay as they are downloaded: packed, with their totals, every amount in yuan."""

import random
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from kernel.errors import Invalid
from payments.bills import bill_files
from payments.bills.bill import Bill, read_bill
from tests.partners.vendor_bills import (
    TRADES,
    Movement,
    Trade,
    alipay_funds,
    alipay_funds_zip,
    alipay_lines,
    alipay_zip,
    gzipped,
    wechat_funds,
    wechat_trades,
)

DAY = (
    Trade("W-1", 50_00, "2026-09-09 00:00:00", fee_minor=30),
    Trade("W-2", 1_00, "2026-09-09 12:30:01"),
    Trade("W-1", 20_00, "2026-09-09 23:59:59", refund="R-1", fee_minor=-12),
)
LINES = [("charge", "W-1", 50_00, 30), ("charge", "W-2", 1_00, 0), ("refund", "W-1", -20_00, -12)]


def lines(bill: Bill) -> list[tuple[str, str | None, int, int]]:
    assert dict(bill.faults) == {}
    return [(line.kind, line.source_id, line.amount_minor, line.fee_minor) for line in bill.lines.values()]


def refused(data: bytes) -> dict[str, str]:
    try:
        return {place: fault.code for place, fault in read_bill("plat", data).faults.items()}
    except Invalid as error:
        return {place: fault.code for place, fault in error.fields.items()}


@pytest.mark.parametrize("data", [wechat_trades(DAY), gzipped(wechat_trades(DAY)), alipay_zip(DAY)])
def test_a_day_is_read_as_it_is_downloaded(data: bytes) -> None:
    bill = read_bill("plat", data)
    assert lines(bill) == LINES
    times = [line.occurred_at.isoformat() for line in bill.lines.values()]
    assert times[0] == "2026-09-08T16:00:00+00:00", "the clock of a bill is Beijing's"
    assert times[2] == "2026-09-09T15:59:59+00:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_day_is_read_however_staff_saved_it_again(encoding: str) -> None:
    wechat, alipay = wechat_trades(DAY).decode("utf-8-sig"), alipay_lines(DAY).decode("gb18030")
    half_width = alipay.replace("（", "(").replace("）", ")")
    for text in (wechat, wechat.replace("`", ""), wechat.replace("\r\n", "\n"), alipay, half_width):
        assert lines(read_bill("plat", text.encode(encoding))) == LINES


def test_a_bill_of_payments_alone_names_the_columns_that_it_lacks() -> None:
    """WeChat Pay also offers 支付账单 (20 of the 27 columns), which would leave a day's refunds unsaid."""
    missing = ("微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态", "申请退款金额")
    titles = [title for title in TRADES.split(",") if title not in missing]
    assert len(titles) == 20
    with pytest.raises(Invalid) as error:
        read_bill("plat", (",".join(titles) + "\r\n" + ",".join("`0" for _ in titles)).encode())
    assert error.value.fields["line 1"].params == {"columns": ["微信退款单号", "退款金额", "退款状态"]}


def test_a_bill_of_funds_gives_what_the_trade_bill_lacks() -> None:
    at = "2026-09-09 10:00:00"
    rows = [
        (at, "1", "交易", 50_00),
        (at, "2", "扣除交易手续费", -30),
        (at, "3", "提现", -40_00),
        (at, "4", "其他", 5),
    ]
    assert lines(read_bill("plat", wechat_funds(rows))) == [("payout", "", -40_00, 0), ("other", "", 5, 0)]


ACCOUNT = (
    Movement("1", "在线支付", 50_00, "2026-09-09 10:00:00", "W-1"),
    Movement("2", "收费", -30, "2026-09-09 10:00:00", "W-1"),
    Movement("3", "交易退款", -20_00, "2026-09-09 11:00:00", "W-1"),
    Movement("4", "收费", -5_00, "2026-09-09 12:00:00"),
    Movement("5", "退费", 1_00, "2026-09-09 12:30:00"),
    Movement("6", "提现", -40_00, "2026-09-09 13:00:00"),
    Movement("7", "其它", 5, "2026-09-09 23:59:59"),
)


def test_alipays_bill_of_the_account_gives_what_the_bill_of_trades_lacks() -> None:
    for data in (alipay_funds(ACCOUNT), alipay_funds_zip(ACCOUNT)):
        bill = read_bill("plat", data)
        expected = [("fee", "", -5_00, 0), ("fee", "", 1_00, 0), ("payout", "", -40_00, 0), ("other", "", 5, 0)]
        assert lines(bill) == expected
        assert {line.line_id for line in bill.lines.values()} == {"4", "5", "6", "7"}
    assert lines(read_bill("plat", alipay_zip(DAY))) == LINES, "the two are told apart by their columns"


def test_alipays_bill_of_the_account_is_refused_by_line_and_field() -> None:
    text = alipay_funds(ACCOUNT).decode("gb18030")
    for old, new, place, code in (
        ("0.00,-5.00,", "0.00,5.00,", "line 9.income_yuan", "one_side"),
        ("0.00,-5.00,", "5.00,-5.00,", "line 9.income_yuan", "one_side"),
        ("0.00,-5.00,", ",,", "line 9.income_yuan", "one_side"),
        ("0.00,-5.00,", "0.00,-5.001,", "line 9.expense_yuan", "too_fine"),
        ("0.00,-5.00,", "0.00,five,", "line 9.expense_yuan", "not_an_amount"),
        ("2026-09-09 12:00:00", "2026-09-31 12:00:00", "line 9.occurred_at", "not_a_time"),
        ("\n4\t,", "\n\t,", "line 9.line_id", "required"),
        ("\n5\t,", "\n4\t,", "line 10.line_id", "repeated"),
    ):
        assert text.count(old) == 1, old
        assert refused(text.replace(old, new).encode("gb18030")) == {place: code}
    changed = text.replace("0.00,-40.00,", "0.00,-41.00,").encode("gb18030")
    assert refused(changed) == {"line 14.支出金额": "total_differs"}
    lacking = "\r\n".join(line for line in text.split("\r\n") if "提现" not in line).encode("gb18030")
    assert refused(lacking) == {"line 13.支出合计": "total_differs", "line 13.支出金额": "total_differs"}
    assert refused(alipay_funds_zip(ACCOUNT[1:], totals_of=ACCOUNT)) == {"summary.收入合计": "total_differs"}
    cut = "\r\n".join(text.split("\r\n")[:8]).encode("gb18030")
    assert refused(cut) == {"line 8": "totals_missing"}
    with pytest.raises(Invalid) as error:
        read_bill("plat", text.replace("支出金额（-元）", "支出").encode("gb18030"))
    assert error.value.fields["line 5"].params == {"columns": ["支出金额（-元）"]}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("`3,`51.00", "`4,`51.00", "line 6.总交易单数"),
        ("`3,`51.00", "`3,`51.01", "line 6.应结订单总金额"),
        ("`20.00,`0.00,`0.18000", "`19.00,`0.00,`0.18000", "line 6.退款总金额"),
        ("`0.18000", "`many", "line 6.手续费总金额"),
    ],
)
def test_totals_must_be_those_of_the_lines(old: str, new: str, place: str) -> None:
    text = wechat_trades(DAY).decode()
    assert text.count(old) == 1
    assert refused(text.replace(old, new).encode()) == {place: "total_differs"}


def test_a_bill_that_was_cut_off_is_refused() -> None:
    cut = b"\r\n".join(wechat_trades(DAY).split(b"\r\n")[:3])
    assert refused(cut) == {"line 3": "totals_missing"}
    assert refused(gzipped(wechat_trades(DAY))[:-9]) == {"file": "not_unpacked"}
    lacking = b"\r\n".join(line for line in alipay_lines(DAY).split(b"\r\n") if b"W-2" not in line)
    assert refused(lacking) == {"line 9.交易合计": "total_differs", "line 9.交易金额": "total_differs"}
    assert refused(alipay_zip(DAY[1:], totals_of=DAY)) == {"summary.交易合计": "total_differs"}


def test_a_bill_of_funds_whose_sides_do_not_add_up_is_refused() -> None:
    text = wechat_funds([("2026-09-09 10:00:00", "3", "提现", -40_00)]).decode()
    assert refused(text.replace("支出,`40.00", "收入,`40.00").encode()).keys() == {
        f"line 4.{title}" for title in ("收入笔数", "收入金额", "支出笔数", "支出金额")
    }
    assert refused(text.replace("`支出", "`冻结").encode()) == {"line 2.direction": "not_one_of"}


def test_a_fault_names_line_and_field() -> None:
    text = wechat_trades(DAY).decode()
    assert refused(text.replace("`1.00,", "`1.005,", 1).encode()) == {"line 3.amount_yuan": "too_fine"}
    assert refused(text.replace("`CNY", "`USD", 1).encode()) == {"line 2.currency": "currency_unsupported"}
    assert refused(text.replace("12:30:01", "25:30:01").encode()).keys() == {"line 3.occurred_at"}
    with pytest.raises(Invalid) as error:
        read_bill("plat", text.replace("退款状态", "状态").encode())
    assert error.value.fields["line 1"].params == {"columns": ["退款状态"]}, "of the layout that was meant"


def packed(*names: str, content: bytes = b"x") -> bytes:
    room = BytesIO()
    with ZipFile(room, "w", ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return room.getvalue()


def test_an_archive_that_cannot_be_unpacked_is_refused_by_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(packed("a.csv", "b.csv")) == {"file": "not_one_table"}
    assert refused(packed("a.txt")) == {"file": "not_one_table"}
    assert refused(packed(*(f"{n}.txt" for n in range(30)), "a.csv")) == {"file": "not_one_table"}
    assert refused(packed("a.csv")[:-30]) == {"file": "not_unpacked"}
    assert refused(packed("[Content_Types].xml", "xl/a.xml")) == {"file": "workbook"}
    monkeypatch.setattr(bill_files, "MOST_UNPACKED", 1_000)
    bomb = b"0" * 100_000
    assert refused(packed("a.csv", content=bomb)) == {"file": "unpacked_too_large"}
    assert refused(gzipped(bomb)) == {"file": "unpacked_too_large"}


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_a_damaged_archive_is_refused_whatever_the_library_says(method: int) -> None:
    """Its list of members may lead anywhere, and its method may be any: each is a refusal and no failure."""
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        archive.writestr("a.csv", wechat_trades(DAY))
    whole, chance = file.getvalue(), random.Random(method)
    if method in (ZIP_BZIP2, ZIP_LZMA):
        assert refused(whole) == {"file": "not_unpacked"}
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 2, 4))):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        try:
            bill_files.unpack(bytes(damaged))
        except Invalid as error:
            assert set(error.fields) == {"file"}
