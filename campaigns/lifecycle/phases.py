"""PURE. The phases of a campaign and the moves between them."""

from enum import StrEnum


class Phase(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    ENDED = "ended"
    SETTLING = "settling"
    RECONCILING = "reconciling"
    NOTICE = "notice"
    RELEASED = "released"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


PHASES = tuple(Phase)

MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.DRAFT: frozenset({Phase.SCHEDULED, Phase.CANCELLED}),
    Phase.SCHEDULED: frozenset({Phase.OPEN, Phase.DRAFT, Phase.CANCELLED}),
    Phase.OPEN: frozenset({Phase.ENDED, Phase.CANCELLED}),
    Phase.ENDED: frozenset({Phase.SETTLING}),
    Phase.SETTLING: frozenset({Phase.RECONCILING}),
    Phase.RECONCILING: frozenset({Phase.NOTICE}),
    Phase.NOTICE: frozenset({Phase.RELEASED}),
    Phase.RELEASED: frozenset({Phase.ARCHIVED}),
    Phase.ARCHIVED: frozenset(),
    Phase.CANCELLED: frozenset(),
}

# In these phases released match returns to its pot; afterwards to the fund of the pot.
LIVING = frozenset({Phase.SCHEDULED, Phase.OPEN, Phase.ENDED, Phase.SETTLING})
# The phases in which the public sees the campaign.
PUBLIC = frozenset(PHASES) - {Phase.DRAFT}
