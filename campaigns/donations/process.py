"""Work off the inbox: facts become moves of donations, captures, postings and totals (transaction D).

A batch of events is one transaction. Facts are merged so that twice, late and out of order end the same: sums
are cumulative and only grow, states only move along the table.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy.exc import OperationalError

from campaigns.dependencies import Dependencies
from campaigns.donations.aggregate import DonationAggregate, DonationRef, find_refs, load_aggregates
from campaigns.donations.apply import BatchEffects
from campaigns.donations.partner_intake import retry_due, take_in
from kernel.db import Tx
from ledger.post import post
from payments.facts import FactKind, FactMalformed, PaymentFact, facts_of
from payments.inbox import Event, claim, finish, reopen
from payments.partner_events import PartnerFact, fact_of

BATCH = 1_000
_DISPUTES = (FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST)
Outcome = tuple[int, str, str]  # event id, state, note


def process_inbox(
    deps: Dependencies, most: int = BATCH, changed: Callable[[set[int]], None] = lambda _: None
) -> int:
    """Work off one batch of due events; answers how many. After the commit, `changed` gets the ids of the
    campaigns whose totals moved."""
    with deps.db.transaction() as tx:
        retry_due(tx)  # in a transaction of its own: the next one reads its time after it has its locks
    try:
        return _batch(deps, most, changed)
    except OperationalError:
        raise  # the database went away: nothing is wrong with the messages
    except Exception:
        if most == 1:
            raise
        return _one_by_one(deps, most, changed)


def _batch(deps: Dependencies, most: int, changed: Callable[[set[int]], None]) -> int:
    with deps.db.transaction(by_key=True) as tx:
        events = claim(tx, most)
        if not events:
            return 0
        touched = _work_off(deps, tx, events)
        tx.after_commit(lambda: changed(touched))
    return len(events)


def _one_by_one(deps: Dependencies, most: int, changed: Callable[[set[int]], None]) -> int:
    """A message that breaks its batch must not hold up the others: each is tried alone, and the one that
    fails is flagged for a person."""
    done = 0
    while done < most:
        try:
            if not _batch(deps, 1, changed):
                break
        except OperationalError:
            raise
        except Exception as error:
            _flag_first(deps, error)
        done += 1
    return done


def _flag_first(deps: Dependencies, error: Exception) -> None:
    with deps.db.transaction() as tx:
        finish(tx, [(event.id, "flagged", f"failed:{type(error).__name__}") for event in claim(tx, 1)])


def _work_off(deps: Dependencies, tx: Tx, events: Sequence[Event]) -> set[int]:
    outcomes: dict[int, Outcome] = {}
    facts = [(event, fact) for event in events for fact in _read(event, outcomes)]
    taken, waiting = take_in(tx, deps, [(event, fact) for event, fact in facts if isinstance(fact, PartnerFact)])
    outcomes |= {event_id: (event_id, "waiting", why) for event_id, why in waiting.items()}
    by_place = _group(tx, facts, waiting, outcomes)
    records = load_aggregates(tx, by_place, fresh=taken)
    for (donation_id, _), told in by_place.items():
        for event, fact in told:
            outcomes[event.id] = (event.id, *_tell(records[donation_id], fact))
    effects = BatchEffects(tx, [records[donation_id] for donation_id, _ in by_place], deps.limits.hold_s)
    transfers = effects.write()
    finish(tx, [outcomes.get(event.id, (event.id, "ignored", "")) for event in events])
    # After finish: what waits for a payment may have come in the same batch.
    names = [name for one in effects.newly_paid for name in (one.id, one.payment_intent) if name]
    reopen(tx, [f"before_payment:{name}" for name in names])
    post(tx, transfers)
    effects.count()
    return {one.campaign_id for one in records.values() if one.changed}


def _read(event: Event, outcomes: dict[int, Outcome]) -> Sequence[PaymentFact | PartnerFact]:
    """The facts of a stored event; one that cannot be read is flagged for a person, never lost."""
    if event.source.startswith("partner:"):
        return [fact_of(event.source.removeprefix("partner:"), event.body)]
    try:
        return facts_of(event.body)
    except FactMalformed as error:
        outcomes[event.id] = (event.id, "flagged", f"malformed:{error.code}:{error.field}")
        return []


def _group(
    tx: Tx,
    facts: Sequence[tuple[Event, PaymentFact | PartnerFact]],
    waiting: dict[int, str],
    outcomes: dict[int, Outcome],
) -> dict[DonationRef, list[tuple[Event, PaymentFact | PartnerFact]]]:
    """Facts by donation, in the order in which they were stored; what belongs to no donation is flagged."""
    told = [(event, fact) for event, fact in facts if event.id not in waiting]
    places = find_refs(tx, [fact for _, fact in told])
    grouped: dict[DonationRef, list[tuple[Event, PaymentFact | PartnerFact]]] = defaultdict(list)
    for (event, fact), place in zip(told, places, strict=True):
        if place is None:
            outcomes[event.id] = _homeless(event, fact)
        else:
            grouped[place].append((event, fact))
    return grouped


def _homeless(event: Event, fact: PaymentFact | PartnerFact) -> Outcome:
    """Money that we know no donation for must be seen by a person; a failed attempt need not. A dispute names
    only the payment, which its donation may be told to have a moment later."""
    if isinstance(fact, PartnerFact):
        return (event.id, "waiting", f"before_payment:{fact.donation_id}")
    if fact.kind in _DISPUTES and fact.payment_intent:
        return (event.id, "waiting", f"before_payment:{fact.payment_intent}")
    moves_money = fact.kind in (FactKind.SUCCEEDED, FactKind.REFUNDED, *_DISPUTES)
    return (event.id, "flagged", "donation_unknown") if moves_money else (event.id, "ignored", "donation_unknown")


def _tell(record: DonationAggregate, fact: PaymentFact | PartnerFact) -> tuple[str, str]:
    """Merge one fact into a donation; answers the event's state and note."""
    if isinstance(fact, PartnerFact):
        if fact.kind == "paid":
            return record.succeed(fact.amount_minor, fact.currency, fact.occurred_at, "partner")
        return record.refund(fact.amount_minor)
    record.link(fact)
    match fact.kind:
        case FactKind.SUCCEEDED:
            return record.succeed(fact.amount_minor, fact.currency, fact.occurred_at, "payment_succeeded")
        case FactKind.REFUNDED:
            return record.refund(fact.refunded_total_minor)
        case FactKind.CANCELED:
            return record.lapse("payment_cancelled" if fact.session is None else "payment_expired")
        case FactKind.PROCESSING:
            return record.process()
        case FactKind.DISPUTE_OPENED | FactKind.DISPUTE_WON | FactKind.DISPUTE_LOST:
            return record.disputed(fact.kind)
    return ("done", "")
