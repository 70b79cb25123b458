"""A second, different bill of a day: kept beside the first, which counts until a person takes the second."""

from typing import Any

import pytest

from campaigns.closing.reconciliation.bookings import positions
from campaigns.closing.reconciliation.discrepancies import listed
from campaigns.closing.reconciliation.evidence import evidence
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.reconciliation.sign_off_together import ShownGroup, groups, sign_off_together
from campaigns.closing.reconciliation.take_second import take_second, take_second_together
from campaigns.lifecycle.campaign import find_campaign
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import donation_id_of
from payments.partners import partners
from tests.cashier import clock, world
from tests.closing.partner import tell
from tests.world import World

__all__ = ["clock", "world"]
HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
ASKED = "the platform was asked"


def bill(world: World, *rows: tuple[str, str, str, int, int]) -> int:
    """Import lines: id, kind, donation, amount, fee."""
    at = world.clock.at.isoformat()
    text = "".join(f"{line},{kind},{gift},{minor},{fee},CNY,{at}\n" for line, kind, gift, minor, fee in rows)
    added: int = world.do(import_statement, "plat", HEAD + text, "finance")
    return added


def differences(world: World) -> dict[str, Any]:
    """Open differences of the campaign by cause and, after it, reference."""
    world.do(compare)
    rows, _ = world.do(listed, world.do(find_campaign, world.slug).id, "open")
    return {f"{row.cause} {row.reference}": row for row in rows}


def fees(world: World) -> int:
    return int(
        world.do(lambda tx: tx.scalar("SELECT sum(balance_minor) FROM provider_balance WHERE kind = 'fees'"))
    )


def take(world: World, discrepancy: Any) -> Any:
    return world.do(take_second, discrepancy.id, ASKED, "finance")


@pytest.fixture
def billed(world: World) -> World:
    """Two gifts, and a first bill that has one of them too high, with too high a fee."""
    world.do(partners.create, world.deps.keys, "plat", "平台")
    for gift, minor in (("T-1", 50_00), ("T-2", 60_00)):
        tell(world, "plat", gift, minor)
    world.settle()
    bill(world, ("L1", "charge", "T-1", 55_00, 33), ("L2", "charge", "T-2", 60_00, 36))
    assert list(differences(world)) == [f"amount {donation_id_of('plat', 'T-1')}"]
    return world


def test_the_first_counts_until_a_person_takes_the_second(billed: World) -> None:
    second = [("L1", "charge", "T-1", 50_00, 30), ("L2", "charge", "T-2", 60_00, 36)]
    for _ in range(2):
        assert bill(billed, *second) == 0
    shown = differences(billed)
    contradiction = shown.pop("contradiction L1")
    assert (contradiction.ours_minor, contradiction.theirs_minor, contradiction.sum_minor) == (55_00, 50_00, 0)
    assert list(shown) == [f"amount {donation_id_of('plat', 'T-1')}"], "the first is the one that is compared"
    assert fees(billed) == -(33 + 36)
    for reason in ("", " "):
        with pytest.raises(Invalid, match="reason_missing"):
            billed.do(take_second, contradiction.id, reason, "finance")
    assert take(billed, contradiction).state == "matched"
    assert differences(billed) == {}
    assert fees(billed) == -(30 + 36)
    stored = billed.do(lambda tx: tx.rows("SELECT amount_minor FROM provider_line WHERE line_id = 'L1'"))
    assert [row[0] for row in stored] == [55_00], "the first one stays stored"
    assert bill(billed, *second) == 0
    assert differences(billed) == {}, "again: nothing new"
    with pytest.raises(Conflict, match="discrepancy_ended"):
        take(billed, contradiction)
    billed.check()


def test_a_line_that_moves_to_another_donation_and_back_with_another_sum(billed: World) -> None:
    tell(billed, "plat", "T-3", 55_00)
    billed.settle()
    bill(billed, ("L1", "charge", "T-3", 55_00, 33))
    take(billed, differences(billed)["contradiction L1"])
    charged = billed.do(
        lambda tx: tx.rows(
            "SELECT source_id, sum(amount_minor), sum(fee_minor) FROM provider_line GROUP BY 1 ORDER BY 1"
        )
    )
    assert [tuple(row) for row in charged] == [("T-1", 0, 0), ("T-2", 60_00, 36), ("T-3", 55_00, 33)]
    bill(billed, ("L1", "charge", "T-3", 54_00, 32))
    assert differences(billed)["contradiction L1"].theirs_minor == 54_00
    take(billed, differences(billed)["contradiction L1"])
    bill(billed, ("L1", "charge", "T-1", 50_00, 30))
    take(billed, differences(billed)["contradiction L1"])
    charged = billed.do(
        lambda tx: tx.rows(
            "SELECT source_id, sum(amount_minor), sum(fee_minor) FROM provider_line GROUP BY 1 ORDER BY 1"
        )
    )
    assert [tuple(row) for row in charged] == [("T-1", 50_00, 30), ("T-2", 60_00, 36), ("T-3", 0, 0)]
    assert fees(billed) == -(30 + 36)
    billed.check()


def test_only_a_difference_between_two_bills_has_a_second(billed: World) -> None:
    [amount] = differences(billed).values()
    with pytest.raises(Conflict, match="second_bill_missing"):
        take(billed, amount)
    with pytest.raises(NotFound, match="discrepancy_unknown"):
        billed.do(take_second, 10**6, ASKED, "finance")


def group(world: World) -> Any:
    world.do(compare)
    return next(row for row in world.do(groups, 1) if row.cause == "contradiction")


def test_a_bill_is_taken_as_a_whole_and_lines_that_it_lacks_count_no_more(billed: World) -> None:
    bill(billed, ("L1", "charge", "T-1", 50_00, 30), ("L3", "charge", "T-9", 7_00, 0))
    shown = differences(billed)
    lacking = shown["contradiction L2"]
    assert (lacking.ours_minor, lacking.theirs_minor) == (60_00, 0)
    [lack] = [row for row in billed.do(evidence, lacking) if row.kind == "second_bill_lacks"]
    assert (lack.reference, lack.amount_minor) == ("L2 T-2", 0)
    counted = group(billed)
    assert (counted.differences, counted.stake_minor) == (2, 55_00 + 60_00)
    with pytest.raises(Conflict, match="differences_changed"):
        billed.do(take_second_together, "day", counted.shown._replace(stake_minor=1), ASKED, "finance")
    billed.do(take_second_together, "day", counted.shown, ASKED, "finance")
    assert list(differences(billed)) == ["missing_here L3", f"missing_there {donation_id_of('plat', 'T-2')}"]
    assert fees(billed) == -30
    for _ in range(2):  # the same again, and the first one again
        bill(billed, ("L1", "charge", "T-1", 50_00, 30), ("L3", "charge", "T-9", 7_00, 0))
        assert [name for name in differences(billed) if "contradiction" in name] == []
    bill(billed, ("L1", "charge", "T-1", 50_00, 30), ("L2", "charge", "T-2", 60_00, 36))
    assert differences(billed)["contradiction L2"].theirs_minor == 60_00, "it is there after all"
    billed.check()


def test_the_first_is_kept_without_a_booking_by_who_signs(billed: World) -> None:
    bill(billed, ("L1", "charge", "T-1", 50_00, 30), ("L2", "charge", "T-2", 60_00, 36))
    before = billed.do(positions)
    shown = ShownGroup("partner:plat", "contradiction", group(billed).day, 1, 55_00)
    billed.do(sign_off_together, "day", shown, "the first is right", "finance")
    assert billed.do(positions) == before
    assert [name for name in differences(billed) if "contradiction" in name] == []
    billed.check()


def test_a_contradiction_ends_when_the_first_bill_is_repeated(billed: World) -> None:
    first = [("L1", "charge", "T-1", 55_00, 33), ("L2", "charge", "T-2", 60_00, 36)]
    second = [("L1", "charge", "T-1", 50_00, 30)]
    for _ in range(2):
        bill(billed, *second)
        assert {"contradiction L1", "contradiction L2"} <= set(differences(billed))
        bill(billed, *first)
        assert list(differences(billed)) == [f"amount {donation_id_of('plat', 'T-1')}"]
    billed.check()


def test_another_part_of_a_day_drops_nothing(billed: World) -> None:
    bill(billed, *[(f"M{n}", "charge", f"T-{n}", 1_00, 0) for n in range(10, 14)])
    assert [name for name in differences(billed) if "contradiction" in name] == []


def test_a_second_charge_that_a_correction_takes_back_is_no_duplicate(billed: World) -> None:
    bill(billed, ("L2b", "charge", "T-2", 60_00, 36))
    name = str(donation_id_of("plat", "T-2"))
    assert f"duplicate {name}" in differences(billed)
    at = billed.clock.at.isoformat()
    head = HEAD.replace("\n", ",corrects\n")
    billed.do(import_statement, "plat", f"{head}L2c,charge,T-2,-6000,-36,CNY,{at},L2b\n", "finance")
    assert f"duplicate {name}" not in differences(billed)
    billed.do(import_statement, "plat", f"{head}L2d,charge,T-2,-6000,-36,CNY,{at},L2\n", "finance")
    assert f"missing_there {name}" in differences(billed), "no charge is left"
    billed.check()
