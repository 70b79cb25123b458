"""What was left in pots, caps and gifts at any place in the order of the books, rebuilt from their movements."""

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

from kernel.db import Tx
from matching.allocate import Capacity
from matching.journal import Movement, RecordedDecision, before, movements
from matching.requests import LiveMatch
from matching.rules import CAPS, Target

# A project as matching saw it, each from a place in the order of the books on, oldest first; the first from 0.
TargetHistory = Sequence[tuple[int, Target]]
Targets = Callable[[Collection[int]], dict[int, TargetHistory]]
_OF_DONORS = (CAPS.index("donor_day_minor"), CAPS.index("donor_minor"))


def as_of(seen: TargetHistory, position: int) -> Target:
    """What was seen of a project just before a place in the order."""
    return next(target for since, target in reversed(seen) if since < position)


class RebuiltState:
    """Walks along the movements of a campaign. `free` (fen, closed tranches included) and the caps of projects and
    counties are known of all; gifts and the caps of donors only of those that `know` named, so that memory does
    not grow with the number of donors.
    """

    def __init__(self, tx: Tx, pots: Collection[int], ratios: dict[int, int], targets: Targets) -> None:
        self.tx = tx
        self.free = dict.fromkeys(pots, 0)
        self.capacity = Capacity(dict.fromkeys(pots, 0))
        self.live: dict[UUID, dict[int, LiveMatch]] = {}  # donation -> reservation -> match
        self.refunded: dict[UUID, int] = {}
        self._ratios = ratios  # by rules id
        self._find_targets = targets
        self._targets: dict[int, TargetHistory] = {}
        self._known: set[str] = set()
        self._coming: Iterator[Movement] = movements(tx)
        self._next: Movement | None = next(self._coming, None)

    def target(self, project_id: int, position: int) -> Target:
        """A project as it was at a place in the order."""
        if project_id not in self._targets:
            self._targets |= self._find_targets([project_id])
        return as_of(self._targets[project_id], position)

    def know(self, page: Sequence[RecordedDecision]) -> None:
        """Go to the first of these decisions; forget the donors of those before, read what these had so far."""
        start = page[0].position
        self.reach(start)
        for index in _OF_DONORS:
            self.capacity.used[index].clear()
        self.live, self.refunded = {}, {}
        self._known = {one.donor for one in page}
        for movement in before(self.tx, sorted(self._known), start):
            self._apply_to_donor(movement)

    def at(self, position: int) -> list[Movement]:
        """The movements at a place that `reach` has led to; they are not applied yet."""
        found = []
        while self._next is not None and self._next.position == position:
            found.append(self._next)
            self._next = next(self._coming, None)
        return found

    def reach(self, position: int | None) -> None:
        """Apply all movements before a place, or to the end."""
        while self._next is not None and (position is None or self._next.position < position):
            self.apply(self._next)
            self._next = next(self._coming, None)

    def apply(self, one: Movement) -> None:
        """Let one movement take effect."""
        if one.pot_id is not None:
            self.free[one.pot_id] -= one.given_minor if one.kind != "fund" else -one.amount_minor
            if one.project_id is not None:
                county = self.target(one.project_id, one.position).county_code
                self.capacity.add_usage(one.pot_id, "project_minor", one.project_id, one.given_minor)
                self.capacity.add_usage(one.pot_id, "county_minor", county, one.given_minor)
        if one.donor in self._known:
            self._apply_to_donor(one)

    def _apply_to_donor(self, one: Movement) -> None:
        assert one.donation_id is not None
        assert one.donor is not None
        if one.pot_id is None or one.reservation_id is None or one.rules_id is None or one.day is None:
            self.refunded[one.donation_id] = self.refunded.get(one.donation_id, 0) + one.amount_minor
            return
        self.capacity.add_usage(one.pot_id, "donor_day_minor", (one.donor, one.day.isoformat()), one.given_minor)
        self.capacity.add_usage(one.pot_id, "donor_minor", one.donor, one.given_minor)
        parts = self.live.setdefault(one.donation_id, {})
        had = parts.get(one.reservation_id) or LiveMatch(one.pot_id, self._ratios[one.rules_id], 0)
        parts[one.reservation_id] = had._replace(amount_minor=had.amount_minor + one.given_minor)
