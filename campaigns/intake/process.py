"""Process the inbox: turn facts into transitions of donations, captures, transfers and totals (transaction D).

Each batch of messages is one transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from campaigns.dependencies import Dependencies
from campaigns.donations.donors.contact import instrument_key
from campaigns.donations.facts.aggregate import DonationAggregate, Fact
from campaigns.donations.facts.apply import BatchEffects
from campaigns.donations.facts.load import DonationRef, find_refs, load_aggregates
from campaigns.donations.facts.store_reported import store_reported
from campaigns.intake.partner_limits import LimitsMet
from campaigns.intake.partners import Intake, retry_due, take_in
from campaigns.intake.provider_events import judge_account, judge_mode
from campaigns.intake.unplaced import judge_unplaced
from kernel.db import Tx
from ledger.post import post
from payments.facts import FactMalformed, facts_of
from payments.inbox.due_again import has_waiting, reopen, reopen_foreign
from payments.inbox.inbox import InboxMessage, Outcome, claim, finish
from payments.models import OPEN
from payments.partners.partner_events import PARTNER_PREFIX, PartnerFact, fact_of

BATCH = 1_000
log = structlog.get_logger("inbox")
Outcomes = dict[int, Outcome]  # by the id of the message


class Applied(NamedTuple):
    """The effects of a batch.

    `campaigns`: those whose totals changed; `paid`: the donations that the batch paid; `before_payment`: the facts
    that it left waiting for their payment, by the note of their messages.
    """

    campaigns: set[int]
    paid: list[DonationAggregate]
    before_payment: dict[str, Fact]


class ReceivedFact(NamedTuple):
    """A fact and the message that it was read from."""

    message: InboxMessage
    fact: Fact


def process_inbox(
    deps: Dependencies, most: int = BATCH, changed: Callable[[set[int]], None] = lambda _: None
) -> int:
    """Process one batch of due messages and return how many there were.

    After the commit, `changed` gets the ids of the campaigns whose totals changed.
    """
    retry_due(deps.db)  # a transaction of its own, because the next one reads its time once it has its locks
    try:
        return _process_batch(deps, most, changed)
    except OperationalError:
        raise  # the database is unreachable; the messages are not at fault
    except Exception as error:
        if most == 1:
            raise
        # Without its message: it may quote a row. What fails again is flagged with its name.
        log.warning("batch_processed_singly", error=type(error).__name__)
        return _process_singly(deps, most, changed)


def _process_batch(deps: Dependencies, most: int, changed: Callable[[set[int]], None]) -> int:
    with deps.db.transaction(by_key=True) as tx:
        messages = claim(tx, deps.keys, most)
        if not messages:
            return 0
        applied = _apply_messages(deps, tx, messages)
        tx.after_commit(lambda: changed(applied.campaigns))
    _meet(deps, applied)
    return len(messages)


def _meet(deps: Dependencies, applied: Applied) -> None:
    """Reopen refunds and disputes that another worker processed at the same moment as their payment, so that
    neither saw the other.

    Runs after the commit: whichever worker commits last finds what the other one stored.
    """
    if not (applied.paid or applied.before_payment) or not has_waiting(deps.db):
        return
    with deps.db.transaction() as tx:
        refs = find_refs(tx, list(applied.before_payment.values()))
        met = [note for note, ref in zip(applied.before_payment, refs, strict=True) if ref is not None]
        reopen(tx, chain(_notes_of(applied.paid), met))


def _process_singly(deps: Dependencies, most: int, changed: Callable[[set[int]], None]) -> int:
    """Process each message in its own transaction, so that a message that breaks its batch blocks no other message:
    only it is flagged for review."""
    done = 0
    while done < most:
        try:
            if not _process_batch(deps, 1, changed):
                break
        except OperationalError:
            raise
        except LimitsMet:
            pass  # the message is unchanged and will be claimed again
        except Exception as error:
            _flag_first(deps, error)
        done += 1
    return done


def _flag_first(deps: Dependencies, error: Exception) -> None:
    note = _note(error)
    with deps.db.transaction() as tx:
        flagged = [
            _with_reference(message, Outcome(message.id, "flagged", note)) for message in claim(tx, deps.keys, 1)
        ]
        finish(tx, flagged)


def _note(error: Exception) -> str:
    """Return the reason why a message broke its batch. Only the index finds that a payment belongs to another
    donation: looking each payment up beforehand would cost all of them time."""
    if isinstance(error, IntegrityError) and "donation_intent" in str(error.orig):
        return "payment_of_another_donation"
    return f"failed:{type(error).__name__}"


def _apply_messages(deps: Dependencies, tx: Tx, messages: Sequence[InboxMessage]) -> Applied:
    """Apply claimed messages."""
    outcomes: Outcomes = {}
    received = [ReceivedFact(message, fact) for message in messages for fact in _read(deps, message, outcomes)]
    intake = take_in(tx, deps, [(message, fact) for message, fact in received if isinstance(fact, PartnerFact)])
    outcomes |= {id_: Outcome(id_, "waiting", reason) for id_, reason in intake.waiting.items()}
    outcomes |= {id_: Outcome(id_, "flagged", reason) for id_, reason in intake.differing.items()}
    by_donation = _group(tx, received, intake, outcomes)
    donations = load_aggregates(tx, by_donation, intake.reported, deps.limits.maximum_minor)
    for ref, facts in by_donation.items():
        for message, fact in facts:
            outcomes[message.id] = Outcome(message.id, *donations[ref.id].apply(fact, message.id))
    stored_elsewhere = store_reported(tx, deps.keys, intake.reported.values(), donations)
    intake.leave(stored_elsewhere)  # their messages stay due; the next batch finds these donations stored
    left = {message.id for id_ in stored_elsewhere for message, _ in by_donation.pop(intake.known[id_])}
    effects = BatchEffects(tx, [donations[ref.id] for ref in by_donation], deps.limits.reservation_s)
    _finish(tx, [message for message in messages if message.id not in left], outcomes, effects.aggregates)
    post(tx, effects.write())
    effects.count()
    intake.count(tx)
    early = {id_: outcome.note for id_, outcome in outcomes.items() if outcome.note.startswith("before_payment")}
    return Applied(
        {donation.campaign_id for donation in effects.aggregates if donation.changed},
        list(effects.newly_paid),
        {early[message.id]: fact for message, fact in received if message.id in early},
    )


def _finish(
    tx: Tx, messages: Sequence[InboxMessage], outcomes: Outcomes, donations: Sequence[DonationAggregate]
) -> None:
    """Store the outcomes of messages, and make due again the messages that waited for one of these payments."""
    finish(tx, [_with_reference(message, outcomes.get(message.id)) for message in messages])
    # Call this after `finish`, because a message that waits for a payment may be in the same batch.
    paid = [donation for donation in donations if donation.newly_paid]
    if paid:
        reopen(tx, _notes_of(paid))
    reopen_foreign(tx, [donation.payment_intent for donation in donations if donation.payment_intent])


def _notes_of(paid: Sequence[DonationAggregate]) -> Iterator[str]:
    """Yield the notes of messages that wait for these payments."""
    return (f"before_payment:{name}" for each in paid for name in (each.id, each.payment_intent) if name)


def _with_reference(message: InboxMessage, outcome: Outcome | None) -> Outcome:
    """Add the platform's donation id to an outcome that stays open, so that an index serves the platform's queries.

    A message that breaks its batch may have any shape.
    """
    outcome = outcome or Outcome(message.id, "ignored")
    if outcome.state not in OPEN or not message.source.startswith(PARTNER_PREFIX):
        return outcome
    data = message.body.get("data")
    their_id = data.get("donation_id") if isinstance(data, dict) else None
    return outcome._replace(reference=their_id) if isinstance(their_id, str) else outcome


def _read(deps: Dependencies, message: InboxMessage, outcomes: Outcomes) -> Sequence[Fact]:
    """Return the facts in a message. An unreadable message is flagged for review, never lost.

    The facts of a message that an operator attached to a donation belong to that donation.
    """
    if message.source.startswith("partner:"):
        return [fact_of(message.source.removeprefix("partner:"), message.body)]
    try:
        refused = judge_mode(deps, message)
        facts = [] if refused else facts_of(message.body)
        refused = refused or judge_account(message, facts)
        if refused:
            outcomes[message.id] = refused
            return []
        if message.donation_id is None and all(fact.instrument is None for fact in facts):
            return facts
        return [
            fact._replace(
                donation_id=message.donation_id or fact.donation_id,
                instrument=instrument_key(deps.keys, fact.instrument),
            )
            for fact in facts
        ]
    except FactMalformed as error:
        outcomes[message.id] = Outcome(message.id, "flagged", f"malformed:{error.code}:{error.field}")
        return []


def _group(
    tx: Tx, received: Sequence[ReceivedFact], intake: Intake, outcomes: Outcomes
) -> dict[DonationRef, list[ReceivedFact]]:
    """Group facts by donation, in the order of the inbox. Facts without a donation get their outcome here."""
    undecided = intake.waiting.keys() | intake.differing.keys()
    readable = [pair for pair in received if pair.message.id not in undecided]
    refs = find_refs(tx, [pair.fact for pair in readable], intake.known)
    grouped: dict[DonationRef, list[ReceivedFact]] = defaultdict(list)
    unplaced = [pair for pair, ref in zip(readable, refs, strict=True) if ref is None]
    outcomes |= judge_unplaced(tx, unplaced)
    for pair, ref in zip(readable, refs, strict=True):
        if ref is not None:
            grouped[ref].append(pair)
    return grouped
