"""Bills as partners and platforms write them. Amounts are fen."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.closing.reconciliation.import_statement import import_statement, plan_statement
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.lifecycle.campaign import find_campaign
from kernel.errors import Invalid
from kernel.ids import donation_id_of
from payments.bills.bill import read_bill
from tests.closing.partner import tell
from tests.real_life.files_steps import codes, sample, world
from tests.world import ACTOR, World

__all__ = ["world"]


# Bills.


def lines(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.do(
        lambda tx: tx.rows(
            "SELECT kind, source_id, amount_minor, fee_minor FROM provider_line ORDER BY occurred_at"
        )
    )
    return [tuple(row) for row in rows]


def bill(world: World, data: bytes | str) -> int:
    added: int = world.do(import_statement, "plat", data, ACTOR)
    world.check()
    return added


@pytest.mark.parametrize("name", ["bill-trailing-tabs.csv", "bill-with-total-line.csv"])
def test_a_bill_with_hidden_tabs_or_a_total_line(world: World, name: str) -> None:
    assert bill(world, sample(name)) == 1
    assert lines(world) == [("charge", "their-0001", 50_00, 30)]
    assert bill(world, sample("bill-with-total-line.csv")) == 0


@pytest.mark.parametrize(
    ("total", "refused"),
    [
        ("合计,,,５０００,30,,", {}),
        ("Total,,,,30,,", {}),
        ("小计,,,10,10,,", {}),
        ("合计,,,5001,30,,", {"line 3.amount_minor": "total_differs"}),
        ("合计,,,5000,-30,,", {"line 3.fee_minor": "total_differs"}),
        ("合计,,,50 元,0,,", {"line 3.amount_minor": "total_differs", "line 3.fee_minor": "total_differs"}),
    ],
)
def test_a_line_of_totals_is_compared_with_the_lines(total: str, refused: dict[str, str]) -> None:
    text = sample("bill-with-total-line.csv").decode().replace("合计,,,5000,30,,", total)
    assert codes(dict(read_bill("plat", text).faults)) == refused


def test_a_total_above_other_lines_is_not_that_of_the_bill() -> None:
    text = sample("bill-with-total-line.csv").decode()
    later = "L-0002,charge,their-0002,100,0,CNY,2026-09-09T10:01:00+08:00\n"
    assert read_bill("plat", text + later).faults == {}


def test_the_merchant_bill_of_alipay(world: World) -> None:
    assert bill(world, sample("alipay-merchant-bill.gb18030.csv")) == 3
    assert lines(world) == [
        ("charge", "20260909000000000001", 50_00, 30),
        ("charge", "20260909000000000002", 1_000_00, 6_00),
        ("refund", "20260909000000000001", -20_00, -12),
    ]
    assert bill(world, sample("alipay-merchant-bill.gb18030.csv")) == 0


def test_the_trade_bill_of_wechat_pay(world: World) -> None:
    assert bill(world, sample("wechat-trade-bill.utf8bom.csv")) == 2
    assert lines(world) == [("charge", "their-0001", 50_00, 30), ("refund", "their-0001", -20_00, -12)]


def test_a_refund_of_wechat_pay_that_failed_moved_no_money(world: World) -> None:
    text = sample("wechat-trade-bill.utf8bom.csv").replace(b"PROCESSING", b"FAIL")
    read = read_bill("plat", text)
    assert [line.kind for line in read.lines.values()] == ["charge"]
    assert (read.skipped, dict(read.faults)) == (2, {})


def test_a_fee_below_a_fen_is_named(world: World) -> None:
    text = sample("wechat-trade-bill.utf8bom.csv").replace(b"`0.30000", b"`0.30600")
    with pytest.raises(Invalid) as error:
        bill(world, text)
    assert codes(error.value.fields) == {"line 2.fee_yuan": "too_fine"}


def test_a_partners_refund_can_come_back_in_its_bill(world: World) -> None:
    assert bill(world, sample("bill-refund-came-back.csv")) == 3
    assert [amount for _, _, amount, _ in lines(world)] == [50_00, -20_00, 20_00]
    assert bill(world, sample("bill-refund-came-back.csv")) == 0


@pytest.mark.parametrize("told_by", ["refund_reversed", "refunded"])
def test_a_bill_with_a_returned_refund_agrees_with_the_partners_events(world: World, told_by: str) -> None:
    at = datetime(2026, 9, 9, 2, 0, tzinfo=UTC)
    tell(world, "plat", "their-0001", 50_00, at=at, project_code="P000033")
    tell(world, "plat", "their-0001", 20_00, at=at + timedelta(hours=1), kind="refunded")
    world.settle()
    bill(world, sample("bill-refund-came-back.csv"))
    campaign = world.do(find_campaign, world.slug)
    assert world.do(reconcile, campaign) == 1, "20.00 went back here, nothing there"
    total = 20_00 if told_by == "refund_reversed" else 0
    tell(world, "plat", "their-0001", total, at=at + timedelta(hours=2), kind=told_by, event_id="back")
    world.settle()
    assert world.do(reconcile, campaign) == 0
    view = world.view(donation_id_of("plat", "their-0001"))
    assert (view.status, view.refunded_minor) == ("settled", 0)
    world.check()


def test_a_refund_that_came_back_in_a_later_bill_and_one_that_never_left(world: World) -> None:
    head, charge, refund, back = sample("bill-refund-came-back.csv").decode().splitlines(keepends=True)
    with pytest.raises(Invalid) as error:
        bill(world, head + charge + back)
    assert codes(error.value.fields) == {"line 3": "refund_never_left"}
    assert bill(world, head + charge + refund) == 2
    assert bill(world, head + back) == 1


def test_a_line_repeated_for_another_donation_is_reported_with_both(world: World) -> None:
    text = sample("bill-with-total-line.csv").decode()
    bill(world, text)
    again = world.do(plan_statement, read_bill("plat", text.replace("their-0001", "their-0002").encode()))
    fault = again.warnings["line 2.line_id"]
    assert (fault.code, fault.params) == (
        "line_of_another",
        {"before": "charge their-0001", "now": "charge their-0002"},
    )


def test_an_id_of_an_order_that_excel_ruined_is_named(world: World) -> None:
    text = sample("alipay-merchant-bill.gb18030.csv").replace(b"20260909000000000002\t", b"2.02609E+19")
    checked = world.do(plan_statement, read_bill("plat", text))
    assert codes(dict(checked.faults)) == {"line 7.donation_id": "spreadsheet_number"}
    assert lines(world) == []
