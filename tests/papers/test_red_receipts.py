"""After a refund a receipt is cancelled by a red one and another issued for the rest; files of the fiscal system
are taken in once."""

from datetime import date

import pytest
from sqlmodel import select

from campaigns.dependencies import Dependencies
from campaigns.desks import receipt_desk
from campaigns.desks.receipt_desk import Red
from campaigns.donations.donors.contact import Donor
from campaigns.donations.letters.letter_models import Letter
from campaigns.donations.receipts.receipt_requests import receipts_of
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file, preview
from campaigns.network.roles import Caller
from campaigns.waiting import Work, waiting
from kernel.errors import Conflict, Invalid
from tests.papers.test_receipts import ISSUED, PAYER, request
from tests.world import World

RED = Red("00010125", "0099999999", date(2026, 11, 27))
FINANCE = Caller("finance", "finance")
HEADER = "申请编号,交款人,票据代码,票据号码,校验码,开票日期,金额（元）"


def test_duty_09_a_refunded_gift_gets_a_red_receipt_and_one_for_the_rest(world: World) -> None:
    paid = world.pay(world.give(100_00, donor=Donor(email="a@example.org")))
    receipt = request(world, paid.id)
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    assert Work.RECEIPTS not in [line.work for line in world.do(waiting, FINANCE)]
    world.refund(paid, 40_00)
    (line,) = [line for line in world.do(waiting, FINANCE) if line.work is Work.RECEIPTS]
    assert (line.pieces, line.amount_minor) == (1, 60_00)
    again = world.do(receipt_desk.red_flush, receipt, RED, "退款", "li")
    assert again == world.do(receipt_desk.red_flush, receipt, RED, "退款", "li") != receipt
    with pytest.raises(Conflict, match="receipt_ended"):
        world.do(receipt_desk.red_flush, receipt, RED._replace(number="1"), "退款", "li")
    with pytest.raises(Conflict, match="receipt_ended"):
        world.do(receipt_desk.withdraw, receipt, "x", "li")
    first, rest = world.do(receipts_of, world.deps.keys, paid.id)
    assert (first.state, first.red_number, rest.state, rest.payer) == (
        "red_flushed",
        RED.number,
        "requested",
        PAYER,
    )
    world.do(receipt_desk.issue, again, ISSUED._replace(number="0012345679"), "li")
    assert world.do(receipts_of, world.deps.keys, paid.id)[1].issued_minor == 60_00
    letters = world.do(lambda tx: tx.all(select(Letter).where(Letter.kind == "receipt_cancelled")))
    assert [letter.amount_minor for letter in letters] == [60_00]


def test_of_a_gift_that_went_back_whole_nothing_is_left_to_issue(world: World) -> None:
    paid = world.pay(world.give(100_00))
    receipt = request(world, paid.id)
    with pytest.raises(Conflict, match="receipt_ended"):
        world.do(receipt_desk.red_flush, receipt, RED, "退款", "li")
    world.do(receipt_desk.issue, receipt, ISSUED, "li")
    world.refund(paid, 100_00)
    assert world.do(receipt_desk.red_flush, receipt, RED, "退款", "li") is None
    assert [view.state for view in world.do(receipts_of, world.deps.keys, paid.id)] == ["red_flushed"]


def file_of(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


def take_in(deps: Dependencies, *rows: str, branch: str | None = None) -> int:
    order = ImportRequest("receipts", Confirmation("li"), branch_code=branch)
    return import_file(deps, order, file_of(*rows)).added


def test_duty_09_the_fiscal_systems_file_is_taken_in_once(world: World) -> None:
    gifts = [world.pay(world.give(amount_minor)) for amount_minor in (100_00, 50_00, 20_00)]
    first, second, third = (request(world, gift.id) for gift in gifts)
    rows = (
        f"{first},某公司,00010125,0000000001,a1,2026-11-26,100.00",
        f"{second},某公司,00010125,0000000002,a2,2026/11/26,50.00",
        f"{third},某公司,,,,,20.00",  # not issued yet
    )
    assert take_in(world.deps, *rows) == 2
    assert take_in(world.deps, *rows) == 0
    issued = world.do(receipt_desk.line, world.deps.keys, second)
    assert (issued.state, issued.number, issued.issued_minor) == ("issued", "0000000002", 50_00)
    assert issued.issued_on == date(2026, 11, 26)
    with pytest.raises(Conflict, match="import_contradicts"):
        take_in(world.deps, f"{first},某公司,00010125,0000000009,a1,2026-11-26,100.00")
    with pytest.raises(Conflict, match="import_contradicts"):
        take_in(world.deps, f"{third},某公司,00010125,0000000001,a1,2026-11-26,20.00")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("9999,x,1,2,3,2026-11-26,100.00", "request"),
        ("x,x,1,2,3,2026-11-26,100.00", "request"),
        ("{id},x,1,,3,2026-11-26,100.00", "number"),
        ("{id},x,1,2,3,never,100.00", "issued_on"),
        ("{id},x,1,2,3,2026-11-26,99.00", "amount_yuan"),
        ("{id},x,1,2,3,2026-11-26,1e5", "amount_yuan"),
    ],
)
def test_a_bad_line_is_named_and_changes_nothing(world: World, row: str, column: str) -> None:
    gift = world.pay(world.give(100_00))
    receipt = request(world, gift.id)
    good = request(world, world.pay(world.give(50_00)).id)
    rows = (row.replace("{id}", str(receipt)), f"{good},x,1,7,3,2026-11-26,50.00")
    order = ImportRequest("receipts", Confirmation("li"))
    assert f"line 2.{column}" in preview(world.deps, order, file_of(*rows)).objections
    with pytest.raises(Invalid, match="import_invalid"):
        take_in(world.deps, *rows)
    assert world.do(receipt_desk.line, world.deps.keys, good).state == "requested"


def test_a_county_takes_in_its_own_receipts_alone(world: World) -> None:
    receipt = request(world, world.pay(world.give(100_00)).id)
    row = f"{receipt},x,1,2,3,2026-11-26,100.00"
    with pytest.raises(Invalid, match="import_invalid"):
        take_in(world.deps, row, branch="4102")
    assert take_in(world.deps, row, branch="4101") == 1
