"""A partner platform's queries about the donations that it reported: status, match and why, under its own ids."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from campaigns.donations.explain import DecisionExplanation, Explanation, explain
from campaigns.donations.models import Donation
from campaigns.donations.view import donation_view
from campaigns.intake.door_events import waiting_payment
from campaigns.intake.test_mode import tests_of_donations
from campaigns.projects.projects import find as by_id
from kernel.clock import SHANGHAI, parse_time
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.ids import donation_id_of
from kernel.money import CURRENCY
from kernel.text import is_storable
from payments.models import PartnerTestEvent
from payments.partners.partner_events import PAID, REFUNDED

PENDING = "pending"  # the status of a donation whose payment is still waiting
_NO_MATCH: Mapping[str, Any] = {"match": {"captured_minor": 0, "held_minor": 0, "parts": []}, "why": []}


class DaySums(NamedTuple):
    """The payments of a day in Shanghai by time of payment; fen."""

    donations: int
    amount_minor: int
    refunded_minor: int
    matched_minor: int


def donation_of(tx: Tx, partner: str, their_id: str) -> dict[str, Any]:
    """Return a platform's donation: its status, its match, and the reasons for it.

    A donation whose payment is still waiting is pending, with the reason. Raises NotFound `donation_unknown`.
    """
    if not is_storable(their_id):
        raise NotFound("donation_unknown")
    id_, source = donation_id_of(partner, their_id), f"partner:{partner}"
    donation = tx.get(Donation, id_)
    if donation is None or donation.provider != source:
        return _pending(tx, source, their_id)
    explanation = explain(tx, id_)
    return {
        "donation_id": their_id,
        "status": explanation.status,
        "campaign": donation_view(tx, id_).campaign,
        "project_code": by_id(tx, donation.project_id).code,
        "amount_minor": explanation.amount_minor,
        "refunded_minor": explanation.refunded_minor,
        "currency": explanation.currency,
        "paid_at": donation.paid_at,
        "match": _match(explanation),
        "why": [_why(decision) for decision in explanation.decisions],
        "reason": None,
        "test": False,
    }


def _pending(tx: Tx, source: str, their_id: str) -> dict[str, Any]:
    payment = waiting_payment(tx, source, their_id)
    if payment is None:
        raise NotFound("donation_unknown")
    return {
        "donation_id": their_id,
        "status": PENDING,
        "campaign": None,
        "project_code": payment.project_code,
        "amount_minor": payment.amount_minor,
        "refunded_minor": 0,
        "currency": payment.currency,
        "paid_at": parse_time(payment.paid_at),
        **_NO_MATCH,
        "reason": payment.note.partition(":")[0] or None,
        "test": False,
    }


def _match(explanation: Explanation) -> dict[str, Any]:
    return {
        "captured_minor": explanation.captured_minor,
        "held_minor": explanation.held_minor,
        "parts": [
            {"pot": part.pot_name, "amount_minor": part.amount_minor - part.returned_minor, "state": part.state}
            for part in explanation.holds
        ],
    }


def _why(decision: DecisionExplanation) -> dict[str, Any]:
    """Return a matching decision. `position` is its place in the order of decisions, which is the order of
    arrival."""
    return {
        "cause": decision.cause,
        "position": decision.position,
        "decided_at": decision.decided_at,
        "window_open": decision.window_open,
        "pots": [
            {
                "pot": pot.pot_name,
                "asked": pot.evaluated,
                "out_of_scope": pot.out_of_scope,
                "due_minor": pot.due_minor,
                "given_minor": pot.given_minor,
                "left_before_minor": pot.before_minor,
                "cuts": [cut.by for cut in pot.cuts],
            }
            for pot in decision.pots
        ],
    }


def tested_donation(tx: Tx, partner: str, their_id: str) -> dict[str, Any]:
    """Return what a platform's test events reported of a donation. Raises NotFound `donation_unknown`."""
    rows = tests_of_donations(tx, partner, [their_id]) if is_storable(their_id) else []
    payment = next((row for row in rows if row.type == PAID), None)
    if payment is None:
        raise NotFound("donation_unknown")
    back_minor = min(refunded_minor(rows), payment.amount_minor)
    is_back = back_minor == payment.amount_minor
    return {
        "donation_id": their_id,
        "status": PENDING if payment.state != "done" else "refunded" if is_back else "paid",
        "campaign": None,
        "project_code": payment.project_code,
        "amount_minor": payment.amount_minor,
        "refunded_minor": back_minor,
        "currency": CURRENCY,
        "paid_at": payment.occurred_at,
        **_NO_MATCH,
        "reason": payment.note or None,
        "test": True,
    }


def refunded_minor(rows: Sequence[PartnerTestEvent]) -> int:
    """Return how much of a donation was refunded according to its test events, in fen.

    They report running totals, so the largest of each kind is the newest.
    """
    away = max((row.amount_minor for row in rows if row.type == REFUNDED), default=0)
    back = max((row.amount_minor for row in rows if row.type not in (PAID, REFUNDED)), default=0)
    return max(away - back, 0)


def span_of(day: date) -> tuple[datetime, datetime]:
    """Return the start and end of a day in Shanghai."""
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return begins, begins + timedelta(days=1)


def day_of(text: object) -> date:
    """Parse the day that a platform sent. Raises Invalid `parameters_invalid`."""
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
        day = day if day is not None and day.isoformat() == text else None  # neither ISO weeks nor other digits
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 9999:
        raise Invalid("parameters_invalid", fields={"day": fault("not_a_date")})
    return day


def day_sums(tx: Tx, partner: str, day: date) -> DaySums:
    """Return what a platform's donors paid on a day, how much of it was refunded, and its match."""
    since, until = span_of(day)
    return tx.rows_as(
        DaySums,
        """SELECT count(*) AS donations, CAST(coalesce(sum(d.amount_minor), 0) AS bigint) AS amount_minor,
                  CAST(coalesce(sum(d.refunded_minor), 0) AS bigint) AS refunded_minor,
                  CAST(coalesce(sum(m.minor), 0) AS bigint) AS matched_minor
             FROM donation d
             LEFT JOIN LATERAL (SELECT sum(live_minor) AS minor FROM reservation
                                 WHERE donation_id = d.id AND state = 'captured' AND NOT held) m ON true
            WHERE d.provider = :provider AND d.pledged_at >= :since AND d.pledged_at < :until
              AND d.paid_at IS NOT NULL""",
        provider=f"partner:{partner}",
        since=since,
        until=until,
    )[0]
