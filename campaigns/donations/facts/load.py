"""Find the donations that facts refer to, and load them locked, one batch at a time."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.donations.facts.aggregate import DonationAggregate, Fact
from campaigns.donations.facts.columns import columns_of
from campaigns.donations.facts.store_reported import ReportedDonation
from campaigns.donations.payment_exceptions import ExceptionState, KnownException
from campaigns.donations.states import Status
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from kernel.db import Tx
from payments.facts import PaymentFact
from payments.provider_reader import MAX_MINOR
from payments.reversals import ReversalFact, ReversalKind, ReversalState


class DonationRef(NamedTuple):
    """A donation and its campaign."""

    id: UUID
    campaign_id: int


def find_refs(
    tx: Tx, facts: Sequence[Fact], known: Mapping[UUID, DonationRef] = MappingProxyType({})
) -> list[DonationRef | None]:
    """Return the donation of each fact, found by the id that we sent along, else by the provider's references. A
    payment that an operator attached to another donation belongs to that one. `known`: donations that the caller
    has already found."""
    # Of a partner's fact the id decides, and nearly all are known, so that nothing is looked up.
    refs = [None if isinstance(fact, PaymentFact) else known.get(fact.donation_id) for fact in facts]
    left = [fact for fact, ref in zip(facts, refs, strict=True) if ref is None]
    if not left:
        return refs
    looked_up = iter(_look_up(tx, left, known))
    return [ref or next(looked_up) for ref in refs]


def _look_up(tx: Tx, facts: Sequence[Fact], known: Mapping[UUID, DonationRef]) -> list[DonationRef | None]:
    ids = {fact.donation_id for fact in facts if fact.donation_id is not None} - known.keys()
    by_id: dict[UUID | None, DonationRef] = {ref.id: ref for ref in (*known.values(), *refs_of(tx, ids))}
    references = {
        reference
        for fact in facts
        if fact.donation_id not in by_id and isinstance(fact, PaymentFact)
        for reference in (fact.payment_intent, fact.session)
        if reference
    }
    by_reference = _refs_by_reference(tx, sorted(references))
    attached = _attached(tx, facts)
    return [
        _attached_ref(fact, attached) or by_id.get(fact.donation_id) or _referred(fact, by_reference)
        for fact in facts
    ]


def _attached(tx: Tx, facts: Sequence[Fact]) -> dict[str, DonationRef]:
    """Return the donations to which an operator attached other donations' payments, by payment intent."""
    intents = {fact.payment_intent for fact in facts if isinstance(fact, PaymentFact) and fact.payment_intent}
    if not intents:
        return {}
    rows = tx.rows(
        """SELECT e.payment_intent, d.id, d.campaign_id
             FROM payment_exception e JOIN donation d ON d.id = e.attached_to
            WHERE e.payment_intent = ANY(:intents) AND e.state = 'attached'""",
        intents=sorted(intents),
    )
    return {row.payment_intent: DonationRef(row.id, row.campaign_id) for row in rows}


def _attached_ref(fact: Fact, attached: Mapping[str, DonationRef]) -> DonationRef | None:
    return attached.get(fact.payment_intent or "") if isinstance(fact, PaymentFact) else None


def refs_of(tx: Tx, donation_ids: Iterable[UUID]) -> list[DonationRef]:
    """Return those of the donations that exist."""
    ids = list(donation_ids)
    if not ids:
        return []
    return tx.rows_as(DonationRef, "SELECT id, campaign_id FROM donation WHERE id = ANY(:ids)", ids=ids)


def load_aggregates(
    tx: Tx,
    refs: Iterable[DonationRef],
    reported: Mapping[UUID, ReportedDonation] = MappingProxyType({}),
    maximum_minor: int = MAX_MINOR,
) -> dict[UUID, DonationAggregate]:
    """Lock the campaigns shared, then the donations in id order, and return the donations by id.

    `reported`: those of these donations that are not stored yet. `maximum_minor`: a payment of another amount than
    requested counts by itself up to this many fen.
    """
    campaign_of = {ref.id: ref.campaign_id for ref in refs}
    if not campaign_of:
        return {}
    campaigns = {campaign.id: campaign for campaign in lock_shared(tx, ids=sorted(set(campaign_of.values())))}
    aggregates = _load_stored(tx, [id_ for id_ in campaign_of if id_ not in reported], campaigns)
    for id_, donation in reported.items():
        aggregates[id_] = donation.aggregate(campaigns[donation.campaign_id])
    for aggregate in aggregates.values():
        aggregate.maximum_minor = maximum_minor
    return aggregates


def _load_stored(tx: Tx, ids: list[UUID], campaigns: Mapping[int, SharedCampaign]) -> dict[UUID, DonationAggregate]:
    if not ids:
        return {}
    rows = tx.rows(
        """SELECT id, campaign_id, project_id, amount_minor, pledged_minor, currency, status, refunded_minor,
                  excess_minor, reversal_postings, provider, donor_key, payment_intent, instrument, paid_at,
                  match_until, dispute
             FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE /* lock:donations */""",
        ids=ids,
    )
    aggregates = {row.id: _aggregate(row, campaigns[row.campaign_id]) for row in rows}
    _load_reversals(tx, aggregates)
    _load_exceptions(tx, aggregates)
    return aggregates


def _load_exceptions(tx: Tx, aggregates: Mapping[UUID, DonationAggregate]) -> None:
    """Load the payments of these donations that are or were on the desk."""
    rows = tx.rows(
        """SELECT donation_id, payment_intent, state, amount_minor FROM payment_exception
            WHERE donation_id = ANY(:ids)""",
        ids=list(aggregates),
    )
    for row in rows:
        known = KnownException(ExceptionState(row.state), row.amount_minor)
        aggregates[row.donation_id].exceptions[row.payment_intent] = known


def _load_reversals(tx: Tx, aggregates: Mapping[UUID, DonationAggregate]) -> None:
    """Load the earlier facts about refunds and disputes. Most donations have none."""
    rows = tx.rows(
        """SELECT id, donation_id, kind, reference, state, amount_minor, at, created_at FROM reversal_fact
            WHERE donation_id = ANY(:ids) ORDER BY id""",
        ids=list(aggregates),
    )
    for row in rows:
        donation = aggregates[row.donation_id]
        kind, state = ReversalKind(row.kind), ReversalState(row.state)
        fact = ReversalFact(kind, row.reference, state, row.amount_minor, row.at, row.created_at, row.id)
        donation.reversals.append(fact)
        donation.stored_reversals += 1


def _referred(fact: Fact, by_reference: dict[str, DonationRef]) -> DonationRef | None:
    if not isinstance(fact, PaymentFact):
        return None
    return by_reference.get(fact.payment_intent or "") or by_reference.get(fact.session or "")


def _refs_by_reference(tx: Tx, references: list[str]) -> dict[str, DonationRef]:
    if not references:
        return {}
    rows = tx.rows(
        """SELECT payment_intent AS reference, id, campaign_id FROM donation WHERE payment_intent = ANY(:refs)
           UNION ALL
           SELECT payment_reference, id, campaign_id FROM donation WHERE payment_reference = ANY(:refs)
           UNION ALL
           SELECT e.payment_intent, d.id, d.campaign_id
             FROM payment_exception e JOIN donation d ON d.id = e.donation_id
            WHERE e.payment_intent = ANY(:refs)""",
        refs=references,
    )
    return {row.reference: DonationRef(row.id, row.campaign_id) for row in rows}


def _aggregate(row: Any, campaign: SharedCampaign) -> DonationAggregate:
    status = Status(row.status)
    donation = DonationAggregate(
        id=row.id,
        campaign=campaign,
        project_id=row.project_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        status=status,
        status_was=status,
        refunded_minor=row.refunded_minor,
        refunded_was=row.refunded_minor,
        provider=row.provider,
        donor_key=row.donor_key,
        payment_intent=row.payment_intent,
        instrument=row.instrument,
        paid_at=row.paid_at,
        match_until=row.match_until,
        dispute=row.dispute,
        excess_minor=row.excess_minor,
        excess_was=row.excess_minor,
        pledged_minor=row.pledged_minor,
        reversal_postings=row.reversal_postings,
    )
    donation.stored = columns_of(donation)
    return donation
