"""PURE. Refunds and disputes as reported by providers and partners, in our own types.

What is left of a donation is computed from all such facts in `campaigns/donations/facts/reversals.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class ReversalKind(StrEnum):
    REFUND = "refund"  # one refund, identified by its id
    DISPUTE = "dispute"  # one dispute, identified by its id
    CHARGE_TOTAL = "charge_total"  # a charge's total of all its refunds
    PARTNER_TOTAL = "partner_total"  # a partner's total of all refunds of a donation
    PARTNER_REINSTATED = "partner_reinstated"  # a partner's total of what came back of them


class ReversalState(StrEnum):
    PENDING = "pending"  # refund: under way; the provider has taken the money already
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # refund: did not arrive or was cancelled; the money is ours again
    WARNING = "warning"  # dispute: an inquiry; no money has moved
    OPEN = "open"
    LOST = "lost"
    WON = "won"
    TOLD = "told"  # a total


# Of two states reported of one refund or dispute, the one with the higher rank is the later one, regardless of when
# they were reported. A refund can fail after it succeeded, but not the reverse. A dispute can be won after it was
# lost (its funds are reinstated), and a new attempt of the bank is a dispute of its own.
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
    """One report, in fen. `reference` is the provider's id of the refund or dispute, or the charge or donation of a
    total. `at` is the time of the message by the reporter's clock, `created_at` the refund's own time if known."""

    kind: ReversalKind
    reference: str
    state: ReversalState
    amount_minor: int
    at: datetime
    created_at: datetime | None = None
    position: int = 0  # order of arrival; decides only between totals of one reporter in one second
