"""Rebuild from movements what pots, caps and donations had left at any position in the order of the books."""

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

from kernel.db import Tx
from matching.allocate import Capacity
from matching.journal import Movement, RecordedDecision, movements, movements_before
from matching.requests import LiveMatch
from matching.rules import CAPS, Target

# A project's history as matching saw it: (position from which it applied, target), oldest first; the first from 0.
TargetHistory = Sequence[tuple[int, Target]]
FindTargets = Callable[[Collection[int]], dict[int, TargetHistory]]
_OF_DONORS = (CAPS.index("donor_day_minor"), CAPS.index("donor_minor"))


def as_of(history: TargetHistory, position: int) -> Target:
    """Return a project as it was just before a position in the order of the books."""
    return next(target for since, target in reversed(history) if since < position)


class RebuiltState:
    """The state of matching at one position, advanced along the movements of a campaign.

    `free` (fen, closed tranches included) and the caps of projects and counties cover the whole campaign; donations
    and the caps of donors only the donors of the current page (`load_donors`), so that memory does not grow with
    the number of donors.
    """

    def __init__(self, tx: Tx, pots: Collection[int], ratios: dict[int, int], find_targets: FindTargets) -> None:
        self.tx = tx
        self.free = dict.fromkeys(pots, 0)
        self.capacity = Capacity(dict.fromkeys(pots, 0))
        self.live: dict[UUID, dict[int, LiveMatch]] = {}  # donation -> reservation -> match
        self.refunded: dict[UUID, int] = {}
        self._ratios = ratios  # by rules id
        self._find_targets = find_targets
        self._targets: dict[int, TargetHistory] = {}
        self._donors: set[str] = set()
        self._upcoming: Iterator[Movement] = movements(tx)
        self._next: Movement | None = next(self._upcoming, None)

    def target(self, project_id: int, position: int) -> Target:
        """Return a project as it was just before a position."""
        if project_id not in self._targets:
            self._targets |= self._find_targets([project_id])
        return as_of(self._targets[project_id], position)

    def load_donors(self, page: Sequence[RecordedDecision]) -> None:
        """Advance to the first of these decisions, and replace the loaded donors by theirs, with what they had so
        far."""
        start = page[0].position
        self.advance_to(start)
        for index in _OF_DONORS:
            self.capacity.used[index].clear()
        self.live, self.refunded = {}, {}
        self._donors = {decision.donor for decision in page}
        for movement in movements_before(self.tx, sorted(self._donors), start):
            self._apply_to_donor(movement)

    def pop_movements(self, position: int) -> list[Movement]:
        """Take the movements at the current position without applying them."""
        popped = []
        while self._next is not None and self._next.position == position:
            popped.append(self._next)
            self._next = next(self._upcoming, None)
        return popped

    def advance_to(self, position: int | None) -> None:
        """Apply all movements before a position, or all of them."""
        while self._next is not None and (position is None or self._next.position < position):
            self.apply(self._next)
            self._next = next(self._upcoming, None)

    def apply(self, movement: Movement) -> None:
        """Apply one movement."""
        pot_id, delta = movement.pot_id, movement.match_delta_minor
        if pot_id is not None:
            self.free[pot_id] += movement.amount_minor if movement.kind == "fund" else -delta
            if movement.project_id is not None:
                county = self.target(movement.project_id, movement.position).county_code
                self.capacity.add_usage(pot_id, "project_minor", movement.project_id, delta)
                self.capacity.add_usage(pot_id, "county_minor", county, delta)
        if movement.donor in self._donors:
            self._apply_to_donor(movement)

    def _apply_to_donor(self, movement: Movement) -> None:
        donation_id, donor, day = movement.donation_id, movement.donor, movement.day
        pot_id, reservation_id, rules_id = movement.pot_id, movement.reservation_id, movement.rules_id
        assert donation_id is not None
        assert donor is not None
        if pot_id is None or reservation_id is None or rules_id is None or day is None:
            self.refunded[donation_id] = self.refunded.get(donation_id, 0) + movement.amount_minor
            return
        delta = movement.match_delta_minor
        self.capacity.add_usage(pot_id, "donor_day_minor", (donor, day.isoformat()), delta)
        self.capacity.add_usage(pot_id, "donor_minor", donor, delta)
        live = self.live.setdefault(donation_id, {})
        before = live.get(reservation_id) or LiveMatch(pot_id, self._ratios[rules_id], 0)
        live[reservation_id] = before._replace(amount_minor=before.amount_minor + delta)
