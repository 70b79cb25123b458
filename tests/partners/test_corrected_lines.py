"""A wrong line of a bill is corrected by another one that names it; nothing is changed or forgotten."""

from typing import Any

import pytest

from campaigns.closing.reconciliation.reconcile import compare
from tests.partners.engineer import Engineer
from tests.world import World

Json = dict[str, Any]
HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at,corrects"


def upload(engineer: Engineer, *rows: tuple[Any, ...]) -> Json:
    """Lines: id, kind, donation, amount, fee, the line that it corrects."""
    at = engineer.world.clock.at.isoformat()
    lines = [
        f"{line},{kind},{donation},{minor},{fee},CNY,{at},{of}" for line, kind, donation, minor, fee, of in rows
    ]
    shown: Json = engineer.call("/bill?confirm=1", "\n".join([HEAD, *lines]).encode()).get_json()
    return shown


def open_differences(world: World) -> list[tuple[str, str, int]]:
    world.do(compare)
    rows = world.do(
        lambda tx: tx.rows("SELECT cause, reference, sum_minor FROM discrepancy WHERE state = 'open' ORDER BY 1, 2")
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def billed(engineer: Engineer, world: World) -> Engineer:
    """A day whose bill has a charge too high, one for a donation that is none, and one that is right."""
    engineer.send(*(engineer.paid(number) for number in (1, 2)))
    world.settle()
    rows = [("L1", "charge", "T-1", 30_00, 30, ""), ("L2", "charge", "T-2", 25_00, 0, "")]
    shown = upload(engineer, *rows, ("L3", "charge", "X", 9_00, 9, ""))
    assert {row["cause"] for row in shown["differences"]} == {"amount", "missing_here"}
    assert [row[:2] for row in open_differences(world)] == [("amount", _id(world, "T-1")), ("missing_here", "L3")]
    return engineer


def _id(world: World, their_id: str) -> str:
    return str(
        world.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE payment_reference = :their", their=their_id))
    )


def test_a_charge_is_lowered_and_a_stray_line_taken_back(billed: Engineer, world: World) -> None:
    fixes = ("L4", "charge", "T-1", -5_00, -30, "L1"), ("L5", "charge", "X", -9_00, -9, "L3")
    shown = upload(billed, *fixes)
    assert (shown["imported"], shown["faults"], shown["differences"]) == (True, [], [])
    assert open_differences(world) == []
    assert upload(billed, *fixes)["added"] == 0, "again: the same lines"
    day = billed.get("/donations/T-1")
    assert day["amount_minor"] == 25_00
    stored = world.do(lambda tx: tx.rows("SELECT line_id, amount_minor FROM provider_line ORDER BY line_id"))
    assert next(tuple(row) for row in stored) == ("L1", 30_00), "the first line stays as it was"
    world.check()


def test_a_line_and_its_correction_may_come_in_one_bill(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    rows = ("L1", "charge", "T-1", 20_00, 0, ""), ("L2", "charge", "T-1", 5_00, 0, "L1")
    assert upload(engineer, *rows)["differences"] == []
    assert open_differences(world) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("L9", "charge", "T-1", -1, 0, "L8"), "corrects_unknown"),
        (("L9", "charge", "T-2", -1, 0, "L1"), "corrects_another"),
        (("L9", "refund", "T-1", -1, 0, "L1"), "corrects_another"),
        (("L9", "charge", "T-1", -30_01, 0, "L1"), "corrects_too_much"),
        (("L9", "charge", "T-1", -1, 0, ""), "amount_sign"),
    ],
)
def test_a_correction_of_no_earlier_line_is_refused(billed: Engineer, row: tuple[Any, ...], code: str) -> None:
    shown = upload(billed, row)
    assert (shown["imported"], [fault["code"] for fault in shown["faults"]]) == (False, [code])


def test_corrections_add_up_to_no_less_than_nothing(billed: Engineer) -> None:
    assert upload(billed, ("L4", "charge", "T-1", -20_00, 0, "L1"))["imported"]
    assert not upload(billed, ("L5", "charge", "T-1", -10_01, 0, "L1"))["imported"]
    assert not upload(billed, ("L5", "charge", "T-1", -1, 0, "L4"))["imported"], "of a correction"
    assert upload(billed, ("L5", "charge", "T-1", -10_00, 0, "L1"))["imported"]


def test_lines_without_a_donation_are_differences_of_their_own(engineer: Engineer) -> None:
    rows = [
        ("L1", "charge", "", 5_00, 0, ""),
        ("L2", "charge", "", 7_00, 0, ""),
        ("L3", "charge", "", -7_00, 0, "L2"),
    ]
    shown = upload(engineer, *rows, ("L4", "charge", "", 3_00, 0, ""))
    assert shown["faults"] == []
    differing = sorted((row["cause"], row["bill_minor"]) for row in shown["differences"])
    assert differing == [("missing_here", 3_00), ("missing_here", 5_00)], "neither summed nor set off"
