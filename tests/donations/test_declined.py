"""A declined card: the match waits for another try, and the hold ends as any other."""

from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from tests.closing.day import Day, clock, day

__all__ = ["clock", "day"]


def declined(day: Day) -> DonationView:
    """A donor whose card is declined at the cashier, and our having heard of it."""
    donation = day.pledge(100_00)
    day.server.order("/pay", reference=donation.payment_reference, decline=True)
    day.hear(lambda: told(day) == 1)
    return day.world.view(donation)


def told(day: Day) -> int:
    """How many declined attempts were worked off."""
    return int(
        day.world.do(
            lambda tx: tx.scalar(
                """SELECT count(*) FROM inbox_event JOIN inbox_work ON inbox_id = id
                    WHERE body ->> 'type' = 'payment_intent.payment_failed' AND state = 'done'"""
            )
        )
    )


def test_a_declined_donor_keeps_his_match_and_pays_with_another_card(day: Day) -> None:
    day.world.pot(1_000_00)
    donation = declined(day)
    assert (donation.status, donation.reserved_minor) == ("paying", 100_00)
    assert day.pay(donation).captured_minor == 100_00
    day.world.check()


def test_a_declined_donor_who_gives_up_lapses_and_frees_his_match(day: Day) -> None:
    pot = day.world.pot(1_000_00)
    donation = declined(day)
    day.world.clock.advance(minutes=14)
    assert expire(day.world.deps) == 0, "the hold lasts as long as any other"
    day.world.clock.advance(minutes=2)
    assert expire(day.world.deps) == 1
    assert day.world.view(donation).status == "expired"
    assert day.world.pots()[pot].available_minor == 1_000_00
    session = day.server.get(f"/v1/checkout/sessions/{donation.payment_reference}").json()
    assert session["status"] == "expired", "nobody can pay for it any more"
    day.world.check()
