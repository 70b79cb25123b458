"""An event closes by itself, against a provider that keeps its own account of the money."""

from datetime import timedelta

import pytest

from kernel.errors import Conflict
from kernel.ids import fingerprint
from payments.gateway import StatementLine
from payments.inbox.inbox import claim
from payments.statements import store
from tests.closing.day import Day, clock, day

__all__ = ["clock", "day"]

PHASES = ["draft", "scheduled", "open", "ended", "settling", "reconciling", "notice", "released"]


def test_from_the_last_gift_to_the_release(day: Day) -> None:
    world = day.world
    pot = world.pot(250_00)
    first = day.paid(100_00, project=0)
    held = day.pledge(150_00, project=1)  # takes the rest of the pot and is never paid
    short = day.paid(80_00, project=2, email="a@example.org")
    shorter = day.paid(90_00, project=0)
    slow = day.pledge(30_00, project=1)
    assert (first.captured_minor, short.captured_minor) == (100_00, 0)

    day.walk("ended")
    assert world.phase() == "ended"
    with pytest.raises(Conflict, match="campaign_not_open"):
        world.give(100_00)
    day.pay(slow)  # who was paying at the end may finish
    day.walk("settling")
    assert world.phase() == "settling"
    assert world.view(held).status == "expired"
    assert world.pots()[pot].available_minor == 150_00  # free, and offered only when nobody can come any more

    day.walk("reconciling")  # and on, in the same tick: the provider's statement agrees
    assert world.phase() == "notice"
    matched = [world.view(donation).captured_minor for donation in (first, short, shorter, slow)]
    assert matched == [100_00, 80_00, 70_00, 0]  # oldest payment first
    assert [world.view(donation).status for donation in (first, short, shorter, slow)] == ["settled"] * 4
    assert day.differences(None) == []
    _report_equals_books(day)
    assert day.books("fees") == -(60 + 48 + 54 + 18)  # 0.6 %
    assert day.books("clearing") == -(300_00 - 180)

    day.walk("released")
    assert day.history() == PHASES
    assert (day.books("pot_captured"), day.books("pot_released")) == (0, 250_00)
    assert day.books("fund") == 1_000_000_00 - 250_00
    world.check()


def _report_equals_books(day: Day) -> None:
    figures = day.report()
    assert (figures["donations"], figures["donors"]) == (4, 4)
    assert (figures["raised_minor"], figures["matched_minor"]) == (
        day.books("donations"),
        day.books("pot_captured"),
    )
    assert (figures["raised_minor"], figures["matched_minor"], figures["total_minor"]) == (300_00, 250_00, 550_00)
    county = {
        row["code"]: (row["raised_minor"], row["matched_minor"], row["total_minor"]) for row in figures["county"]
    }
    assert county == {"4101": (220_00, 170_00, 390_00), "4102": (80_00, 80_00, 160_00)}
    township = {row["code"]: row["total_minor"] for row in figures["township"]}
    assert township == {"410101": 390_00, "410201": 160_00}
    assert sum(row["total_minor"] for row in figures["village"]) == 550_00
    rows = {key: value for key, value in figures.items() if key not in ("hash", "created_at")}
    assert figures["hash"] == fingerprint(rows)
    newest = day.world.do(lambda tx: tx.scalar("SELECT max(id) FROM ledger_transfer"))
    assert figures["ledger_mark"] == newest


def test_a_scheduler_that_was_down_catches_up_in_one_run(day: Day) -> None:
    world = day.world
    world.pot(100_00)
    day.paid(60_00)
    world.clock.advance(days=40)
    world.close()
    assert world.phase() == "notice"  # the public has its ten days, however late the notice came
    world.clock.advance(days=10)
    world.close()
    assert day.history() == PHASES
    world.check()


def test_closing_again_changes_nothing(day: Day) -> None:
    world = day.world
    world.pot(100_00)
    day.paid(60_00)
    day.walk("notice")
    before = _everything(day)
    world.clock.advance(hours=5)
    assert world.close() == 0
    assert _everything(day) == before
    day.walk("released")
    before = _everything(day)
    world.clock.advance(days=400)
    assert world.close() == 0
    assert _everything(day) == before
    world.check()


def _everything(day: Day) -> list[object]:
    tables = ("ledger_transfer", "campaign_history", "donation_history", "closing_report", "pot_funding")
    return [day.world.do(lambda tx, name=name: tx.rows(f"SELECT * FROM {name} ORDER BY 1")) for name in tables]


def test_a_late_success_is_a_new_entry_and_leaves_the_report(day: Day) -> None:
    world = day.world
    world.pot(500_00)
    day.paid(60_00)
    late = world.give(40_00)
    day.walk("notice")
    rows = day.report()
    assert rows["raised_minor"] == 60_00
    world.pay(late)
    view = world.view(late)
    assert (view.status, view.captured_minor) == ("paid", 0)  # the match is closed; the money is accepted
    assert day.report() == rows
    assert world.totals().raised_minor == 100_00
    day.walk("released")
    assert day.report() == rows
    world.check()


def test_refunds_before_and_after_the_release_return_match_to_the_fund(day: Day) -> None:
    world = day.world
    world.pot(200_00)
    noticed, released = day.paid(100_00), day.paid(50_00, project=1)
    day.walk("notice")
    rows = day.report()
    assert day.refund(noticed, 40_00).captured_minor == 60_00
    assert (day.books("pot_captured"), day.books("pot_free")) == (110_00, 50_00)
    assert day.books("fund") == 1_000_000_00 - 160_00
    world.check()
    day.walk("released")
    assert day.refund(released).status == "refunded"
    assert (day.books("pot_released"), day.books("pot_captured"), day.books("pot_free")) == (60_00, 0, 0)
    assert day.books("fund") == 1_000_000_00 - 60_00
    assert day.report() == rows
    world.check()


def test_a_payment_in_process_when_the_reservation_ends_keeps_its_match(day: Day) -> None:
    """The provider says `processing`: the event waits for this donor, and for nobody else."""
    world = day.world
    world.pot(100_00)
    donation = day.pledge(100_00)
    day.server.order("/pay", reference=donation.payment_reference, after_s=1, processing=True)
    day.walk("reconciling")
    assert world.phase() == "settling"
    assert world.view(donation).reserved_minor == 100_00
    day.hear(lambda: world.view(donation).status == "paid")
    assert day.tick() == "notice"
    assert world.view(donation).captured_minor == 100_00
    world.check()


def test_a_silent_provider_holds_the_campaign(day: Day) -> None:
    """Without its statement nobody can say that nothing is missing, not even with no donation here."""
    world = day.world
    day.server.child.stop()
    day.walk("reconciling")
    assert (world.phase(), day.differences(None)) == ("reconciling", [])
    assert day.tick() == "reconciling"
    world.check()


def test_only_messages_that_came_in_time_hold_the_event(day: Day) -> None:
    """Another worker is at them; another campaign's traffic never stops and must not hold this one."""
    world = day.world
    world.tell("customer.created", {})
    with world.db.transaction() as other:
        assert len(claim(other, world.deps.keys, 10)) == 1
        day.walk("reconciling")
        assert world.phase() == "settling"
    world.settle()
    world.tell("customer.created", {})
    with world.db.transaction() as other:
        assert len(claim(other, world.deps.keys, 10)) == 1
        assert day.tick() == "notice"
    world.check()


def test_lines_read_for_another_campaign_hide_no_difference(day: Day) -> None:
    world = day.world
    day.charge(77_00)
    newer = world.clock.at + timedelta(hours=20)
    line = StatementLine("stripe", "payout", "txn_other", None, None, None, -5_00, 0, "CNY", newer)
    world.do(store, [line])
    day.walk("reconciling")
    assert [difference.cause for difference in day.differences()] == ["missing_here"]
    world.check()


def test_a_provider_is_asked_once_a_minute(day: Day) -> None:
    world = day.world
    day.charge(77_00)
    day.walk("reconciling")
    for _ in range(3):
        world.close()
    assert _statements(day) == 1
    day.tick()
    assert _statements(day) == 2
    world.check()


def _statements(day: Day) -> int:
    calls = day.server.get("/_sandbox/requests").json()
    return [call["path"] for call in calls].count("/v1/balance_transactions")
