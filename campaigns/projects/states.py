"""PURE. The statuses of a project and the moves between them."""

from enum import StrEnum


class Status(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"  # 立项评审
    APPROVED = "approved"
    FUNDRAISING = "fundraising"
    EXECUTING = "executing"  # 过程督导
    EVALUATED = "evaluated"  # 绩效评估
    CLOSED = "closed"
    SUSPENDED = "suspended"
    BLACKLISTED = "blacklisted"


STATUSES = tuple(Status)

LIVE = (
    Status.DRAFT,
    Status.REVIEW,
    Status.APPROVED,
    Status.FUNDRAISING,
    Status.EXECUTING,
    Status.EVALUATED,
)
# May take part in campaigns and receive donations.
ELIGIBLE = (Status.APPROVED, Status.FUNDRAISING)
ENDED = (Status.EVALUATED, Status.CLOSED)
HELD = frozenset({Status.SUSPENDED, Status.BLACKLISTED})

_ONWARD = dict(zip(LIVE, (*LIVE[1:], Status.CLOSED), strict=True))

MOVES: dict[Status, frozenset[Status]] = {
    **{status: frozenset({_ONWARD[status], *HELD}) for status in LIVE},
    Status.REVIEW: frozenset({Status.APPROVED, Status.DRAFT, *HELD}),  # a draft again: sent back for changes
    Status.SUSPENDED: frozenset({Status.REVIEW, Status.BLACKLISTED}),  # submitted again after changes
    Status.BLACKLISTED: frozenset({Status.SUSPENDED}),  # only by lifting the listing
    Status.CLOSED: frozenset(),
}


def may_move(from_: Status, to: Status, before_hold: Status | None = None) -> bool:
    """Return whether a project may make this move.

    Beyond `MOVES`, a suspended project may return only to the status that it had before (`before_hold`). A
    blacklisted one is suspended first.
    """
    return to in MOVES[from_] or (from_ is Status.SUSPENDED and to == before_hold)
