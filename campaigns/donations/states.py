"""PURE. The states of a donation and the transitions between them. A CHECK in the database lists the same
states."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Status(StrEnum):
    PENDING = "pending"  # match is reserved, no payment is open yet
    PAYING = "paying"  # a payment is open; the provider waits for the donor
    PAID = "paid"  # the provider reported that the money arrived
    SETTLED = "settled"  # the provider's statement shows the payment too
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUNDED = "refunded"  # in full; a partial refund keeps the status
    DISPUTED = "disputed"


STATUSES = tuple(Status)

MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PAYING, Status.PAID, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.PAYING: frozenset({Status.PAID, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.PAID: frozenset({Status.SETTLED, Status.REFUNDED, Status.DISPUTED}),
    Status.SETTLED: frozenset({Status.REFUNDED, Status.DISPUTED}),
    # A late payment is accepted, because the money is there.
    Status.CANCELLED: frozenset({Status.PAID}),
    # The provider's message about a payment that the donor's cancelling closed may arrive before it is recorded.
    Status.EXPIRED: frozenset({Status.PAID, Status.CANCELLED}),
    Status.FAILED: frozenset({Status.PAID}),
    # When a dispute is won, the donation is paid again; when it is lost, the money is gone as with a refund.
    Status.DISPUTED: frozenset({Status.PAID, Status.REFUNDED}),
    # A refund failed, or a lost dispute was won after all: the money came back.
    Status.REFUNDED: frozenset({Status.PAID, Status.DISPUTED}),
}

BY_PARTNER = "partner"  # the cause of a transition that a platform reported
REPLACED = "replaced"  # the cause of a transition to cancelled, by another donation of the same donor
WAITING = frozenset({Status.PENDING, Status.PAYING})
ABANDONED = frozenset({Status.CANCELLED, Status.EXPIRED, Status.FAILED})
UNPAID = WAITING | ABANDONED
COUNTED = frozenset({Status.PAID, Status.SETTLED, Status.DISPUTED})
PROVEN = tuple(status for status in Status if status not in UNPAID)  # the money arrived, whatever came later


class DisputeOutcome(StrEnum):
    """The outcome of a donation's disputes, as its row stores it."""

    NONE = ""
    OPEN = "open"
    WON = "won"
    LOST = "lost"


def may_move(from_: Status, to: Status) -> bool:
    """Return whether the transition is in the table."""
    return to in MOVES[from_]


class Transition(NamedTuple):
    """A donation's change from one status to another, with its cause (a stable word)."""

    donation_id: UUID
    from_: Status | None
    to: Status
    cause: str
