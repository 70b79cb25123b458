"""A partner's daily bill: read whole or not at all, once, and what settles its donations."""

from datetime import timedelta

import pytest

from campaigns.closing.reconciliation import differences, line_postings
from campaigns.closing.reconciliation.import_statement import import_statement, plan_statement
from campaigns.lifecycle.campaign import find_campaign
from kernel.errors import Invalid, NotFound, fault
from kernel.ids import donation_id_of
from payments.bills.bill import read_bill
from payments.partners import partners
from tests.closing.day import Day, clock, day
from tests.closing.partner import tell
from tests.world import World

__all__ = ["clock", "day"]

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
NOON = "2026-09-09T12:00:00+08:00"


def bill(*rows: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in rows)


def row(line: str, kind: str, donation: str, amount: int | str, fee: int | str = 0, at: str = NOON) -> str:
    return f"{line},{kind},{donation},{amount},{fee},CNY,{at}"


@pytest.fixture
def partner(world: World) -> str:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    return "plat"


def lines(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM provider_line")))


def test_three_bad_rows_are_named_and_nothing_is_imported(world: World, partner: str) -> None:
    good = [row(f"L{n}", "charge", f"D{n}", 100) for n in range(3_000)]
    good[99] = row("L99", "gift", "D99", 100)
    good[1_499] = row("L1499", "charge", "D1499", "1_00")
    good[2_999] = row("L2999", "charge", "D2999", 100, at="yesterday")
    with pytest.raises(Invalid) as refused:
        world.do(import_statement, partner, bill(*good), "finance")
    assert refused.value.code == "import_invalid"
    assert sorted(refused.value.fields) == ["line 101.kind", "line 1501.amount_minor", "line 3001.occurred_at"]
    assert lines(world) == 0


BAD_ROWS = [
    row("", "charge", "D", 100),
    row("L", "charge", "D", 0),
    row("L", "charge", "D", -5),
    row("L", "refund", "D", 5),
    row("L", "charge", "D", "١٠"),
    row("L", "charge", "D", "9" * 30),
    row("L", "charge", "D", "1e3"),
    row("L", "charge", "D", 100, "x"),
    row("L", "charge", "D" * 201, 100),
    row("L", "charge", "D\x00", 100),
    row("L", "charge", "D", 100, at="0001-01-01T00:00:00"),
    row("L", "charge", "D", 100, at=""),
    row("L", "charge", "D", 100).replace("CNY", "USD"),
    row("L", "charge", "D", 100) + ",more",
    "L,charge",
    '"' + "x" * 200_000 + '"',
]


def test_a_bad_row_is_named(world: World, partner: str) -> None:
    for bad in BAD_ROWS:
        with pytest.raises(Invalid) as refused:
            world.do(import_statement, partner, bill(row("L0", "charge", "D0", 100), bad), "finance")
        assert {name.split(".")[0] for name in refused.value.fields} == {"line 3"}, bad[:200]
        assert lines(world) == 0


def test_a_file_without_its_columns_and_one_that_says_a_line_twice(world: World, partner: str) -> None:
    for text, place in (("", "file"), ("\ufeff", "file"), ("line_id,kind\nL,charge\n", "line 1")):
        with pytest.raises(Invalid) as refused:
            world.do(import_statement, partner, text, "finance")
        assert list(refused.value.fields) == [place]
    with pytest.raises(Invalid) as refused:
        twice = bill(row("L", "charge", "D", 100), row("L", "charge", "D", 100))
        world.do(import_statement, partner, twice, "finance")
    assert refused.value.fields == {"line 3.line_id": fault("repeated")}


def test_the_same_bill_again_adds_nothing_and_another_story_is_kept_beside_it(world: World, partner: str) -> None:
    text = bill(row("L1", "charge", "D1", 100, 1), row("L2", "refund", "D1", -40))
    assert world.do(import_statement, partner, text, "finance") == 2
    assert world.do(import_statement, f"partner:{partner}", "\ufeff" + text, "finance") == 0
    assert world.do(plan_statement, read_bill(partner, text)).stored
    other = text.replace("L1,charge,D1,100", "L1,charge,D1,900")
    plan = world.do(plan_statement, read_bill(partner, other))
    assert (dict(plan.warnings), plan.objections) == (
        {"line 2.line_id": fault("amount_changed", before_minor=100, now_minor=900)},
        {},
    )
    assert not plan.stored
    for _ in range(2):
        assert world.do(import_statement, partner, other, "finance") == 0
        assert world.do(plan_statement, read_bill(partner, other)).stored
    assert lines(world) == 2
    kept = world.do(lambda tx: tx.rows("SELECT line_id, amount_minor FROM provider_line_conflict"))
    assert [tuple(row) for row in kept] == [("L1", 900)]
    assert not world.do(plan_statement, read_bill(partner, text)).stored  # it withdraws the other story


def test_a_second_bill_that_lacks_a_line_is_offered_once(world: World, partner: str) -> None:
    charges = row("L1", "charge", "D1", 100), row("L2", "charge", "D2", 200)
    world.do(import_statement, partner, bill(*charges), "finance")
    plan = world.do(plan_statement, read_bill(partner, bill(charges[0])))
    assert not plan.stored and "dropped" in [part.name for part in plan.sums]
    world.do(import_statement, partner, bill(charges[0]), "finance")
    assert world.do(plan_statement, read_bill(partner, bill(charges[0]))).stored
    assert not world.do(plan_statement, read_bill(partner, bill(charges[0], row("L3", "charge", "D3", 5)))).stored


def test_a_bill_of_an_unknown_partner_or_of_the_gateway_is_refused(world: World) -> None:
    for name in ("nobody", "a\x00b", "平台", "x" * 41, ""):
        with pytest.raises(NotFound, match="partner_unknown"):
            world.do(import_statement, name, bill(), "finance")
    with pytest.raises(Invalid, match="statement_by_api"):
        world.do(import_statement, "stripe", bill(), "finance")


@pytest.mark.parametrize("page", [1, 5_000])
def test_partner_donations_settle_by_their_bill(day: Day, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    for paged in (line_postings, differences):
        monkeypatch.setattr(paged, "PAGE", page)
    world = day.world
    world.pot(500_00)
    world.do(partners.create, world.deps.keys, "plat", "平台")
    at = world.clock.at
    for name, amount in (("D1", 50_00), ("D2", 60_00)):
        tell(world, "plat", name, amount, at=at)
    tell(world, "plat", "D2", 20_00, kind="refunded", at=at)
    world.settle()
    first, second = (donation_id_of("plat", name) for name in ("D1", "D2"))
    assert world.view(first).captured_minor == 50_00
    day.walk("reconciling")
    assert day.causes() == [("missing_statement", None, 50_00 + 60_00, 0)], "one difference for the day"
    when = at.isoformat()
    text = bill(
        row("L1", "charge", "D1", 50_00, 30, when),
        row("L2", "charge", "D2", 60_00, 36, when),
        row("L3", "refund", "D2", -20_00, -12, when),
    )
    assert world.do(import_statement, "plat", text, "finance") == 3
    assert day.tick() == "notice"
    assert [world.view(gift).status for gift in (first, second)] == ["settled", "settled"]
    assert (day.books("fees"), day.report()["raised_minor"]) == (-(30 + 36 - 12), 90_00)
    assert world.do(find_campaign, world.slug).phase == "notice"
    world.clock.advance(days=10)
    world.close()
    assert world.phase() == "released"
    world.check()


def test_a_bill_may_name_a_donation_that_was_never_reported(day: Day) -> None:
    """It holds the event; when the platform tells it after all, the difference ends by itself."""
    world = day.world
    world.do(partners.create, world.deps.keys, "plat", "平台")
    at = world.clock.at
    world.do(import_statement, "plat", bill(row("L1", "charge", "D1", 50_00, 0, at.isoformat())), "finance")
    day.walk("reconciling")
    assert day.causes() == [("missing_here", donation_id_of("plat", "D1"), 0, 50_00)]
    tell(world, "plat", "D1", 50_00, at=at + timedelta(seconds=1))
    world.settle()
    assert day.tick() == "notice"
    assert day.report()["raised_minor"] == 50_00
    world.check()
