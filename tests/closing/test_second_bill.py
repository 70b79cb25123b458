"""A second, different bill of a day: kept beside the first, which counts until a person takes the second."""

from typing import Any

import pytest

from campaigns.closing.discrepancies import listed
from campaigns.closing.import_statement import import_statement
from campaigns.closing.reconcile import compare
from campaigns.closing.take_second import take_second
from campaigns.lifecycle.campaign import find_campaign
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import donation_id_of
from payments import partners
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
    assert (contradiction.ours_minor, contradiction.theirs_minor, contradiction.sum_minor) == (55_00, 50_00, -4_97)
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
    assert differences(billed)["contradiction L1"].sum_minor == -1_00 + 1
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
