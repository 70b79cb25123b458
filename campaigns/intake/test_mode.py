"""A platform's test mode: its events are judged like real ones, and nothing is booked.

They are kept in a table of their own, so that no list, total, export or bill can contain them.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.dependencies import Dependencies
from campaigns.intake.check_list import Check, note_check
from campaigns.intake.partner_limits import ABOVE_LIMIT, gift_most, terms_of
from campaigns.intake.places import places
from kernel.db import Tx
from payments.messages import content_hash
from payments.models import PartnerTestEvent
from payments.partners import partners
from payments.partners.partner_events import PAID, REFUNDED, PartnerFact, fact_of

LATE = timedelta(minutes=10)  # a payment of this age was not reported immediately
MOST_KEPT = 10_000  # events per platform; the oldest are deleted


class TestFact(NamedTuple):
    """The fact in a test event, and the row that is kept of the event."""

    fact: PartnerFact
    row: PartnerTestEvent


def receive_tests(tx: Tx, deps: Dependencies, partner: str, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Judge events and return for each whether it is `accepted`, `repeated` or `conflicting`."""
    partners.known(tx, partner, lock=True)
    known = {row.event_id: row for row in stored_tests(tx, partner, [event["id"] for event in events])}
    results: list[str] = []
    new: list[TestFact] = []
    for event in events:
        content = deps.keys.content(content_hash(dict(event)))
        earlier = known.get(event["id"])
        if earlier is not None:
            results.append("repeated" if earlier.content == content else "conflicting")
            continue
        fact = fact_of(partner, event)
        known[event["id"]] = row = _row(tx, event, fact, content)
        new.append(TestFact(fact, row))
        results.append("accepted")
    _judge(tx, deps, partner, new)
    note_check(tx, partner, *_passed(tx, results, new))
    _forget_oldest(tx, partner)
    return results


def stored_tests(tx: Tx, partner: str, event_ids: Sequence[str]) -> list[PartnerTestEvent]:
    """Return the stored test events among these ids."""
    query = select(PartnerTestEvent).where(PartnerTestEvent.partner == partner)
    return tx.all(query.where(col(PartnerTestEvent.event_id).in_(event_ids)))


def tests_of_donations(tx: Tx, partner: str, their_ids: Sequence[str]) -> list[PartnerTestEvent]:
    """Return the test events of donations, oldest first."""
    query = select(PartnerTestEvent).where(PartnerTestEvent.partner == partner)
    of_them = query.where(col(PartnerTestEvent.their_id).in_(their_ids))
    return tx.all(of_them.order_by(col(PartnerTestEvent.id)))


def _row(tx: Tx, event: Mapping[str, Any], fact: PartnerFact, content: str) -> PartnerTestEvent:
    return PartnerTestEvent(
        partner=fact.partner,
        event_id=event["id"],
        type=event["type"],
        their_id=fact.their_id,
        project_code=fact.project_code,
        amount_minor=fact.amount_minor,
        occurred_at=fact.occurred_at,
        content=content,
        state="done",
        note="",
        received_at=tx.now,
    )


def _judge(tx: Tx, deps: Dependencies, partner: str, new: Sequence[TestFact]) -> None:
    """Set the state that new events, and refunds that waited for one of them, would get."""
    if not new:
        return
    paid = [test for test in new if test.row.type == PAID]
    problems = {id_: place.problem for id_, place in places(tx, [test.fact for test in paid]).items()}
    limits = terms_of(tx, deps, [partner])[partner].limits
    oldest = tx.now - timedelta(days=limits.age_most_days)
    earlier = tests_of_donations(tx, partner, sorted({test.row.their_id for test in new}))
    payments = {row.their_id: row for row in earlier if row.type == PAID}
    waiting = [row for row in earlier if row.note == "before_payment"]
    for fact, row in paid:
        first = payments.setdefault(fact.their_id, row)
        if first is not row and first.amount_minor != fact.amount_minor:
            row.state, row.note = "flagged", "amount_differs"
        elif note := problems[fact.donation_id]:
            row.state, row.note = "waiting", note
        elif fact.amount_minor > gift_most(limits, fact, deps.limits.minor_most_minor) or fact.occurred_at < oldest:
            row.state, row.note = "waiting", ABOVE_LIMIT
    for row in [*waiting, *(test.row for test in new if test.row.type != PAID)]:
        _judge_return(row, payments.get(row.their_id))
    tx.add_all([*(test.row for test in new), *waiting])


def _judge_return(row: PartnerTestEvent, payment: PartnerTestEvent | None) -> None:
    if payment is None:
        row.state, row.note = "waiting", "before_payment"
    elif row.amount_minor > payment.amount_minor:
        row.state, row.note = "flagged", "more_returned_than_came"
    else:
        row.state, row.note = "done", ""


def _passed(tx: Tx, results: Sequence[str], new: Sequence[TestFact]) -> set[Check]:
    done = [test.row for test in new if test.row.state == "done"]
    minors = [test.fact for test in new if test.row.state == "done" and test.fact.details.age]
    passed = {
        Check.FIRST_EVENT: any(row.type == PAID for row in done),
        Check.REPEAT: "repeated" in results,
        Check.REFUND: any(row.type == REFUNDED and not row.note for row in done),
        Check.LATE: any(row.type == PAID and tx.now - row.occurred_at >= LATE for row in done),
        Check.MINOR: bool(minors),
    }
    return {check for check, is_passed in passed.items() if is_passed}


def _forget_oldest(tx: Tx, partner: str) -> None:
    mine = PartnerTestEvent.partner == partner
    if (tx.first(select(func.count()).select_from(PartnerTestEvent).where(mine)) or 0) <= MOST_KEPT:
        return
    newest = select(PartnerTestEvent.id).where(mine).order_by(col(PartnerTestEvent.id).desc()).limit(MOST_KEPT)
    for row in tx.all(select(PartnerTestEvent).where(mine, col(PartnerTestEvent.id).not_in(newest))):
        tx.session.delete(row)
