"""PURE. The states of a donation and the transitions between them; the same list is a CHECK in the database."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Status(StrEnum):
    PENDING = "pending"  # its match is reserved, no payment is open yet
    PAYING = "paying"  # the provider waits for the donor
    PAID = "paid"  # the provider says that the money came
    SETTLED = "settled"  # the provider's statement shows it too
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUNDED = "refunded"  # in full; a partial refund only lowers the amount
    DISPUTED = "disputed"


STATUSES = tuple(Status)

MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PAYING, Status.PAID, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.PAYING: frozenset({Status.PAID, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.PAID: frozenset({Status.SETTLED, Status.REFUNDED, Status.DISPUTED}),
    Status.SETTLED: frozenset({Status.REFUNDED, Status.DISPUTED}),
    # Late success: the money is there, so it is accepted.
    Status.CANCELLED: frozenset({Status.PAID}),
    Status.EXPIRED: frozenset({Status.PAID}),
    Status.FAILED: frozenset({Status.PAID}),
    # A dispute ends: won, the donation is paid again; lost, the money is gone as with a refund.
    Status.DISPUTED: frozenset({Status.PAID, Status.REFUNDED}),
    # A refund failed, or a dispute was won after it was lost: the money is back.
    Status.REFUNDED: frozenset({Status.PAID, Status.DISPUTED}),
}

BY_PARTNER = "partner"  # the cause of a transition that a platform reported
WAITING = frozenset({Status.PENDING, Status.PAYING})
ABANDONED = frozenset({Status.CANCELLED, Status.EXPIRED, Status.FAILED})
UNPAID = WAITING | ABANDONED
COUNTED = frozenset({Status.PAID, Status.SETTLED, Status.DISPUTED})
PROVEN = tuple(status for status in Status if status not in UNPAID)  # the money came, whatever happened to it since


class DisputeOutcome(StrEnum):
    """What a donation's row says of its disputes."""

    NONE = ""
    OPEN = "open"
    WON = "won"
    LOST = "lost"


def may_move(from_: Status, to: Status) -> bool:
    """Whether this move is in the table."""
    return to in MOVES[from_]


class Transition(NamedTuple):
    """A donation goes from one status to another, for a cause (a stable word)."""

    donation_id: UUID
    from_: Status | None
    to: Status
    cause: str
