"""What a bank's table states about itself: the balance after each line leads to the next, and totals add up."""

import random

import pytest

from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, preview
from payments.bank.bank_csv import read_bank_csv
from tests.bank.files import SIGNED, TWO_SIDES
from tests.world import World

HEADER = "账号,记账日期,金额,余额,流水号\n"


def statement(amounts: list[int], account: str = "41001234567", opening: int = 100) -> list[str]:
    """Lines of whole yuan on one day."""
    lines, balance = [], opening
    for nth, amount in enumerate(amounts):
        balance += amount
        lines.append(f"{account},2026-09-09,{amount},{balance},{account[-2:]}-{nth}\n")
    return lines


def doubts(lines: list[str]) -> list[str]:
    file = read_bank_csv((HEADER + "".join(lines)).encode())
    assert not file.faults and {why.code for why in file.doubts.values()} <= {"balance_gap"}
    return [lines[int(place.removeprefix("line ").removesuffix(".balance")) - 2] for place in file.doubts]


def test_the_line_after_a_missing_one_is_named_in_any_order() -> None:
    lines = statement([50, -20, 30, 30, -90, 7])
    for order in (lines, lines[::-1]):
        assert doubts(order) == []
        for missing in range(1, 5):
            assert doubts([line for line in order if line is not lines[missing]]) == [lines[missing + 1]]
        assert doubts([line for line in order if line not in (lines[0], lines[-1])]) == []
    shuffled = random.Random(7).sample(lines, len(lines))
    assert doubts(shuffled) == []


def test_each_account_is_checked_for_itself_and_only_if_each_line_has_a_balance() -> None:
    first, other = statement([5, 6, 7]), statement([1, 2, 3], "41009999999", opening=5)
    assert doubts([first[0], other[0], first[1], other[1], first[2], other[2]]) == []
    assert doubts([first[0], first[2], *other]) == [first[2]]
    assert doubts([first[0], first[2].replace(",118,", ",--,"), *other]) == []


def test_a_gap_is_shown_and_prevents_nothing(world: World) -> None:
    request = ImportRequest("bank", Confirmation("finance"))
    rows = statement([50, -20, 30])
    shown = preview(world.deps, request, (HEADER + rows[0] + rows[2]).encode())
    [(place, why)] = shown.warnings.items()
    assert (place, why.code, why.params) == ("line 3.balance", "balance_gap", {"before_minor": 130_00})
    assert not shown.faults and len(shown.new) == 2


@pytest.mark.parametrize(
    "data",
    [
        TWO_SIDES,
        SIGNED,
        TWO_SIDES.replace("合计,,,,", "合计,,,0.00,1209.38"),
        TWO_SIDES.replace("合计,,,,", "合计,,,4笔,"),
        TWO_SIDES.replace("合计,,,,", "本页合计,,,5,6"),
        "账号,记账日期,金额,借贷标志,流水号\n41001234567,2026-09-09,5,贷,A\n合计,,99,,\n",
    ],
)
def test_complete_files_are_taken(data: str) -> None:
    file = read_bank_csv(data.encode())
    assert not file.faults and not file.doubts
