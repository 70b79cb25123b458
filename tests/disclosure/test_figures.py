"""What the public reads equals the books, whichever way it is rolled up."""

from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.disclosure.standings import standings
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created
from campaigns.donations.unpaid.expire import expire
from campaigns.lifecycle.campaign import find_campaign
from campaigns.projects.place_totals import PlaceTotals
from kernel.errors import Invalid
from kernel.paging import Page
from payments.inbox.inbox import store
from payments.messages import message
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import World


def table(world: World, by: str, page: int = 1, page_size: int = 50) -> tuple[list[PlaceTotals], int]:
    rows: tuple[list[PlaceTotals], int] = world.do(
        lambda tx: standings(tx, find_campaign(tx, world.slug).id or 0, by, Page(page, page_size))
    )
    return rows


def money(world: World, by: str) -> dict[str, tuple[int, int, int]]:
    return {row.code: (row.raised_minor, row.matched_minor, row.total_minor) for row in table(world, by)[0]}


def mixed_journey(world: World) -> None:
    """Paid, refunded in part and in full, lapsed, late, disputed, from a partner; two pots, one ring-fenced."""
    world.pot(150_00, rank=1, scope={"under": ["4102"]}, donation=80_00)
    world.pot(100_00, rank=2)
    world.do(partners.create, world.deps.keys, "plat", "平台")
    world.pay(world.give(100_00, 0, team="red", email="a@example.org"))
    part = world.pay(world.give(60_00, 1, team="red", email="a@example.org"))
    world.refund(part, 20_00)
    whole = world.pay(world.give(30_00, 2, team="blue"))
    world.refund(whole, 30_00)
    late = world.give(90_00, 2, team="blue")
    tell(world, "plat", "D1", 70_00)
    world.clock.advance(minutes=16)
    assert expire(world.deps) == 1
    world.pay(late)
    disputed = world.pay(world.give(10_00, 2))
    world.dispute(disputed)
    world.settle()
    world.give(25_00, 1, team="red")  # only wanted, so nowhere in the figures


def test_every_table_adds_up_to_the_books(world: World) -> None:
    mixed_journey(world)
    totals = world.totals()
    assert totals == (5, 4, 310_00, 190_00)
    for by in ("county", "township", "village"):
        rows = money(world, by).values()
        assert (sum(row[0] for row in rows), sum(row[1] for row in rows)) == (310_00, 190_00)
    books = world.do(
        lambda tx: tx.row(
            """SELECT sum(balance_minor) FILTER (WHERE kind = 'donations') AS raised,
                      sum(balance_minor) FILTER (WHERE kind = 'pot_captured') AS matched FROM ledger_account"""
        )
    )
    assert (books.raised, books.matched) == (totals.raised_minor, totals.matched_minor)
    world.check()


def test_standings_list_counties_villages_and_teams_by_their_totals(world: World) -> None:
    mixed_journey(world)
    assert money(world, "county") == {"4101": (210_00, 100_00, 310_00), "4102": (100_00, 90_00, 190_00)}
    assert list(money(world, "village")) == ["41010101", "41020101", "41010102"]  # highest total first
    world.team("red", "blue")
    assert money(world, "team") == {"red": (140_00, 100_00, 240_00), "blue": (90_00, 80_00, 170_00)}
    [first, _] = table(world, "township")[0]
    assert (first.name, first.parent_name) == ("庙子镇", "栾川县")
    world.check()


def test_a_table_that_there_is_not(world: World) -> None:
    for by in ("", "donor", "county_code", "team; DROP TABLE pot"):
        with pytest.raises(Invalid) as refused:
            table(world, by)
        assert (refused.value.code, list(refused.value.fields)) == ("standings_unknown", ["by"])


def test_an_event_without_a_gift_has_empty_tables(world: World) -> None:
    world.pot(100_00)
    world.give(50_00)
    assert [table(world, by) for by in ("county", "township", "village", "team")] == [([], 0)] * 4
    assert world.totals() == (0, 0, 0, 0)


@pytest.mark.parametrize(("many", "page_size"), [(205, 10), pytest.param(1_005, 50, marks=pytest.mark.long)])
def test_a_row_far_down_is_on_its_page(world: World, many: int, page_size: int) -> None:
    gifts = [world.command(1_00 + number, team=f"team-{number:04}") for number in range(many)]
    assert all(isinstance(result, Created) for result in world.try_give(*gifts))
    world.do(
        store,
        world.deps.keys,
        [message("stripe", f"evt_{command.id}", paid(command), compare=False) for command in gifts],
    )
    world.settle()
    world.team(*(command.team for command in gifts))
    rows, number = table(world, "team", page=20, page_size=page_size)
    assert number == many
    assert [row.code for row in rows] == [f"team-{5 + place:04}" for place in reversed(range(page_size))]
    assert rows[-1].raised_minor == 1_00 + 5  # the last row of a full page: the thousandth, in the long run
    last, _ = table(world, "team", page=21, page_size=page_size)
    assert [row.code for row in last] == [f"team-{place:04}" for place in (4, 3, 2, 1, 0)]
    assert table(world, "team", page=22, page_size=page_size) == ([], many)
    world.check()


def paid(command: CreateDonation) -> dict[str, Any]:
    """The provider's event of a payment."""
    subject = {
        "id": f"pi_{command.id.hex}",
        "object": "payment_intent",
        "amount": command.amount_minor,
        "currency": "cny",
    }
    subject["metadata"] = {"donation_id": str(command.id)}
    created = int(datetime.now(UTC).timestamp())
    return {"type": "payment_intent.succeeded", "created": created, "data": {"object": subject}}


def test_equal_totals_are_ordered_by_code(world: World) -> None:
    world.team("team c", "team a", "team b")
    for team in ("team c", "team a", "team b"):
        world.pay(world.give(10_00, team=team))
    assert list(money(world, "team")) == ["team a", "team b", "team c"]


def test_a_pot_that_matches_at_payment_holds_nothing_before(world: World) -> None:
    pot = world.pot(100_00, mode="payment")
    donation = world.give(60_00)
    assert donation.reserved_minor == 0
    view = world.pots()[pot]
    assert (view.mode, view.available_minor, view.reserved_minor, view.captured_minor) == ("payment", 100_00, 0, 0)
    assert world.pay(donation).captured_minor == 60_00
    view = world.pots()[pot]
    assert (view.funded_minor, view.available_minor, view.captured_minor) == (100_00, 40_00, 60_00)
    assert world.totals().matched_minor == 60_00
    world.check()
