"""PURE. Refunds and disputes as providers and partners tell of them, in our own types.

What a donation has left is computed from all such facts in `campaigns/donations/facts/reversals.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class ReversalKind(StrEnum):
    REFUND = "refund"  # one refund, named by its id
    DISPUTE = "dispute"  # one dispute, named by its id
    CHARGE_TOTAL = "charge_total"  # what a provider's charge says of all its refunds
    PARTNER_TOTAL = "partner_total"  # what a partner says of all refunds of a donation
    PARTNER_REINSTATED = "partner_reinstated"  # what a partner says came back of them, in all


class ReversalState(StrEnum):
    PENDING = "pending"  # refund: on its way; the provider has taken the money already
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # refund: did not arrive or was taken back; the money is ours again
    WARNING = "warning"  # dispute: an inquiry; no money has moved
    OPEN = "open"
    LOST = "lost"
    WON = "won"
    TOLD = "told"  # a total


# Of two states told of one thing, the one with the higher rank is the later one, whenever they were told. A refund
# can fail after it succeeded, and never the other way round; a dispute can be won after it was lost (its funds are
# reinstated), and a new attempt of the bank is a dispute of its own.
RANK: Mapping[ReversalState, int] = {state: rank for rank, state in enumerate(ReversalState)}
STATES_OF: Mapping[ReversalKind, frozenset[ReversalState]] = {
    ReversalKind.REFUND: frozenset({ReversalState.PENDING, ReversalState.SUCCEEDED, ReversalState.FAILED}),
    ReversalKind.DISPUTE: frozenset(
        {ReversalState.WARNING, ReversalState.OPEN, ReversalState.LOST, ReversalState.WON}
    ),
    ReversalKind.CHARGE_TOTAL: frozenset({ReversalState.TOLD}),
    ReversalKind.PARTNER_TOTAL: frozenset({ReversalState.TOLD}),
    ReversalKind.PARTNER_REINSTATED: frozenset({ReversalState.TOLD}),
}


class ReversalFact(NamedTuple):
    """One thing that was told. `reference` is the provider's id of the refund or dispute, or of the charge or
    donation that a total speaks of. `at` is the teller's time of the message, `created_at` the refund's own where
    it is known. Fen."""

    kind: ReversalKind
    reference: str
    state: ReversalState
    amount_minor: int
    at: datetime
    created_at: datetime | None = None
    position: int = 0  # order of arrival: decides only between totals of one teller and one second
