"""Money that goes back, or does not: refunds that fail, disputes over a part, lost and won, refunds that bounce.

Bodies are those of a provider's events; amounts are fen.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from campaigns.closing.restore import restore_match
from campaigns.donations.explain import explain
from campaigns.donations.refunds.refund import request_refund
from campaigns.donations.view import DonationView
from kernel.errors import Conflict
from payments.inbox.inbox import store
from payments.messages import message
from payments.partners.partners import create
from tests.world import World

Told = tuple[str, dict[str, Any]]


@pytest.fixture
def paid(world: World) -> DonationView:
    """A paid donation of 100.00 with 100.00 of match, and more match in the pot."""
    world.pot(500_00)
    return world.pay(world.give(100_00))


def refund(donation: DonationView, status: str, amount: int = 100_00, reference: str = "re_1", **more: Any) -> Told:
    kind = {"failed": "refund.failed", "pending": "refund.created"}.get(status, "refund.updated")
    return kind, {
        "id": reference,
        "object": "refund",
        "amount": amount,
        "currency": "cny",
        "charge": f"ch_{donation.id.hex}",
        "payment_intent": f"pi_{donation.id.hex}",
        "status": status,
    } | more


def charge(world: World, donation: DonationView, refunded: int) -> Told:
    return "charge.refunded", world.charge(donation, refunded)


def dispute(donation: DonationView, kind: str, status: str, amount: int = 100_00, reference: str = "dp_1") -> Told:
    return f"charge.dispute.{kind}", {
        "id": reference,
        "object": "dispute",
        "amount": amount,
        "currency": "cny",
        "charge": f"ch_{donation.id.hex}",
        "payment_intent": f"pi_{donation.id.hex}",
        "status": status,
        "metadata": {},
    }


def tell(world: World, messages: Sequence[Told]) -> None:
    for kind, subject in messages:
        world.tell(kind, subject)
    world.settle()
    restore_match(world.deps)


def stands(world: World, donation: DonationView) -> tuple[str, int, int]:
    """Status, what is refunded, and the captured match; every promise holds."""
    world.check()
    view = world.view(donation)
    return view.status, view.refunded_minor, view.captured_minor


def test_a_refund_that_fails_after_it_was_reported(world: World, paid: DonationView) -> None:
    tell(world, [charge(world, paid, 100_00)])
    assert stands(world, paid) == ("refunded", 100_00, 0)
    tell(world, [refund(paid, "failed"), ("charge.refund.updated", refund(paid, "failed")[1])])
    assert stands(world, paid) == ("paid", 0, 100_00)
    with world.db.transaction() as tx:
        causes = [decision.cause for decision in explain(tx, paid.id).decisions]
    assert causes == ["pledge", "restore"]


def test_a_payment_dated_before_the_opening_gets_its_match_back_too(world: World) -> None:
    """The provider's clock may be anything; nobody can give before a campaign opens."""
    world.pot(500_00)
    donation = world.pay(world.give(100_00), at=world.clock.at - timedelta(days=90))
    tell(world, [charge(world, donation, 100_00)])
    assert stands(world, donation) == ("refunded", 100_00, 0)
    tell(world, [refund(donation, "failed")])
    assert stands(world, donation) == ("paid", 0, 100_00)


def test_a_refund_can_be_sent_again_after_it_failed(world: World, paid: DonationView) -> None:
    first = world.do(request_refund, paid.id, None, "asked by the donor", "li")
    world.do(
        lambda tx: tx.run("UPDATE refund SET state = 'sent', provider_refund = 're_1' WHERE id = :id", id=first.id)
    )
    tell(world, [refund(paid, "succeeded"), refund(paid, "failed")])
    assert world.do(lambda tx: tx.scalar("SELECT state FROM refund")) == "failed"
    second = world.do(request_refund, paid.id, None, "asked again", "li")
    assert second.amount_minor == 100_00


def test_a_pending_refund_counts_and_a_canceled_one_comes_back(world: World, paid: DonationView) -> None:
    tell(world, [refund(paid, "pending", 40_00)])
    assert stands(world, paid) == ("paid", 40_00, 60_00)
    tell(world, [refund(paid, "canceled", 40_00)])
    assert stands(world, paid) == ("paid", 0, 100_00)


def test_a_refund_that_waits_for_the_donor_has_taken_nothing(world: World, paid: DonationView) -> None:
    tell(world, [refund(paid, "requires_action")])
    assert stands(world, paid) == ("paid", 0, 100_00)


def test_a_dispute_over_a_part_takes_that_part(world: World, paid: DonationView) -> None:
    tell(world, [dispute(paid, "created", "needs_response", 30_00)])
    assert stands(world, paid) == ("disputed", 0, 100_00)
    tell(world, [dispute(paid, "closed", "lost", 30_00)])
    assert stands(world, paid) == ("paid", 30_00, 70_00)


def test_lost_and_the_next_day_won(world: World, paid: DonationView) -> None:
    tell(world, [dispute(paid, "created", "needs_response"), dispute(paid, "closed", "lost")])
    assert stands(world, paid) == ("refunded", 100_00, 0)
    tell(world, [dispute(paid, "funds_reinstated", "won"), dispute(paid, "closed", "won")])
    assert stands(world, paid) == ("paid", 0, 100_00)


def test_won_and_then_a_second_dispute_of_the_same_charge(world: World, paid: DonationView) -> None:
    tell(world, [dispute(paid, "created", "needs_response"), dispute(paid, "closed", "won")])
    assert stands(world, paid) == ("paid", 0, 100_00)
    second = [
        dispute(paid, kind, status, reference="dp_2")
        for kind, status in (("created", "needs_response"), ("closed", "lost"))
    ]
    tell(world, second)
    assert stands(world, paid) == ("refunded", 100_00, 0)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_every_order_and_repetition_of_a_dispute_gives_the_same(
    world: World, paid: DonationView, order: tuple[int, ...]
) -> None:
    messages = [
        dispute(paid, "created", "needs_response"),
        dispute(paid, "closed", "lost"),
        dispute(paid, "funds_reinstated", "won"),
        dispute(paid, "closed", "won"),
    ]
    tell(world, [messages[index] for index in order])
    tell(world, [messages[index] for index in reversed(order)])
    assert stands(world, paid) == ("paid", 0, 100_00)


def test_an_inquiry_takes_nothing(world: World, paid: DonationView) -> None:
    tell(world, [dispute(paid, "created", "warning_needs_response"), dispute(paid, "closed", "warning_closed")])
    assert stands(world, paid) == ("paid", 0, 100_00)


def test_more_goes_back_than_came(world: World, paid: DonationView) -> None:
    tell(world, [refund(paid, "succeeded", 60_00), dispute(paid, "closed", "lost")])
    assert stands(world, paid) == ("refunded", 100_00, 0)
    balances = world.do(
        lambda tx: dict(tx.rows("SELECT kind, sum(balance_minor) FROM ledger_account GROUP BY kind"))
    )
    assert balances["losses"] == -60_00
    assert balances["clearing"] == 60_00, "the provider is owed what it paid out for us"
    tell(world, [dispute(paid, "funds_reinstated", "won")])
    assert stands(world, paid) == ("paid", 60_00, 40_00)


def test_the_same_sum_goes_back_comes_back_and_goes_back_again(world: World, paid: DonationView) -> None:
    for number in range(3):
        tell(world, [refund(paid, "succeeded", 30_00, f"re_{number}")])
        assert stands(world, paid) == ("paid", 30_00, 70_00)
        tell(world, [refund(paid, "failed", 30_00, f"re_{number}")])
        assert stands(world, paid) == ("paid", 0, 100_00)


def test_match_comes_back_as_far_as_it_is_free(world: World) -> None:
    world.pot(100_00)
    first = world.pay(world.give(100_00))
    tell(world, [refund(first, "succeeded")])
    world.pay(world.give(70_00))
    tell(world, [refund(first, "failed")])
    assert stands(world, first) == ("paid", 0, 30_00)


def flagged(world: World) -> list[tuple[str, str]]:
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT e.body ->> 'type' AS type, w.note FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
                WHERE w.state = 'flagged' ORDER BY w.inbox_id"""
        )
    )
    return [(row.type, row.note) for row in rows]


def test_money_that_goes_back_beyond_the_payment_is_on_the_desk(world: World, paid: DonationView) -> None:
    tell(world, [refund(paid, "succeeded")])
    assert flagged(world) == []
    tell(world, [dispute(paid, "closed", "lost", 30_00), dispute(paid, "funds_withdrawn", "lost", 30_00)])
    assert flagged(world) == [("charge.dispute.closed", "more_returned_than_came")], "once, with the first report"
    assert stands(world, paid) == ("refunded", 100_00, 0)


def test_no_refund_while_the_bank_decides(world: World, paid: DonationView) -> None:
    tell(world, [dispute(paid, "created", "under_review", 30_00)])
    with pytest.raises(Conflict) as refused:
        world.do(request_refund, paid.id, 10_00, "asked", "li")
    assert refused.value.code == "dispute_open"


def test_reversals_reported_before_the_payment_count_with_it(world: World) -> None:
    world.pot(500_00)
    donation = world.give(100_00)
    tell(world, [refund(donation, "succeeded", 40_00), dispute(donation, "closed", "lost", 10_00)])
    world.tell("payment_intent.succeeded", world.intent(donation))
    tell(world, [])
    assert stands(world, donation) == ("paid", 50_00, 50_00)


def partner_told(world: World, *events: tuple[str, str, int]) -> None:
    rows = []
    for number, (kind, at, amount) in enumerate(events):
        data: dict[str, Any] = {"donation_id": "their-1", "amount_minor": amount, "currency": "CNY"}
        if kind == "donation.paid":
            code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
            data |= {"project_code": code, "paid_at": at, "donor": {"key": "user-42"}}
        event = {"type": kind, "id": f"{kind}-{number}-{at}", "occurred_at": at, "data": data}
        rows.append(message("partner:p", event["id"], event, compare=True))
    world.do(store, world.deps.keys, rows)
    tell(world, [])


@pytest.mark.parametrize(
    "bounced",
    [
        ("donation.refunded", "2026-09-09T12:05:00+08:00", 0),
        ("donation.refund_reversed", "2026-09-09T12:05:00+08:00", 20_00),
    ],
)
def test_a_partners_refund_can_come_back(world: World, bounced: tuple[str, str, int]) -> None:
    world.pot(500_00)
    world.do(create, world.deps.keys, "p", "平台")
    at = "2026-09-09T12:00:00+08:00"
    partner_told(world, ("donation.paid", at, 50_00), ("donation.refunded", at, 20_00))
    view = world.do(lambda tx: tx.row("SELECT id, status, refunded_minor FROM donation"))
    assert (view.status, view.refunded_minor) == ("paid", 20_00)
    partner_told(world, bounced)
    assert stands(world, world.view(view.id)) == ("paid", 0, 50_00)
