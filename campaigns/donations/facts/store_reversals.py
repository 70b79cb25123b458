"""Store the facts of a batch about refunds and disputes, and update requested refunds and match accordingly."""

from collections.abc import Collection, Sequence

from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.facts.reversals import position
from campaigns.donations.models import MatchRestore, Refund, RefundRequestState, ReversalFactRow
from campaigns.lifecycle.phases import LIVING
from kernel.bulk import insert_rows, update_rows
from kernel.db import Tx
from payments.reversals import ReversalKind, ReversalState

_REQUEST_STATES = {
    ReversalState.PENDING: RefundRequestState.SENT,
    ReversalState.SUCCEEDED: RefundRequestState.SUCCEEDED,
    ReversalState.FAILED: RefundRequestState.FAILED,
}


def store_reversals(tx: Tx, aggregates: Sequence[DonationAggregate]) -> None:
    """Add new facts, move the refunds they refer to, and request match where money came back."""
    reported = [(donation, fact) for donation in aggregates for fact in donation.new_reversals]
    if reported:
        insert_rows(
            tx,
            ReversalFactRow,
            {
                "donation_id": [donation.id for donation, _ in reported],
                "kind": [str(fact.kind) for _, fact in reported],
                "reference": [fact.reference for _, fact in reported],
                "state": [str(fact.state) for _, fact in reported],
                "amount_minor": [fact.amount_minor for _, fact in reported],
                "at": [fact.at for _, fact in reported],
                "created_at": [fact.created_at for _, fact in reported],
                "recorded_at": tx.now,
            },
            conflict="any",
        )
        _move_requests(tx, {donation.id: donation for donation, _ in reported}.values())
    restored = [
        donation for donation in aggregates if donation.match_may_grow and donation.campaign.phase in LIVING
    ]
    if restored:
        insert_rows(
            tx,
            MatchRestore,
            {
                "donation_id": [donation.id for donation in restored],
                "campaign_id": [donation.campaign_id for donation in restored],
                "requested_at": tx.now,
            },
            conflict="any",
        )


def _move_requests(tx: Tx, donations: Collection[DonationAggregate]) -> None:
    """Update refunds requested here to their state at the provider."""
    states = {
        reversal.reference: str(_REQUEST_STATES[reversal.state])
        for donation in donations
        for reversal in position(donation.amount_minor, donation.reversals).reversals
        if reversal.kind is ReversalKind.REFUND
    }
    if states:
        values = {"provider_refund": list(states), "state": list(states.values())}
        update_rows(tx, Refund, "provider_refund", values)
