"""Replay all decisions of a campaign through `allocate`: the result must equal the stored match, fen for fen.

Nothing is taken from what a decision recorded. Pots, caps and donations are rebuilt from the books up to the
decision's position; the rules are those in force at its time, the ratings of projects those at its position.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from kernel.db import Tx
from ledger.chart import AccountKind
from ledger.statements import pot_balances
from matching.allocate import Allocation, AllocationRequest, Offer, allocate, serving_offers
from matching.journal import LoadDonations, Movement, RecordedDecision, decisions, prepare, unposted
from matching.kinds import MatchCause
from matching.pot_state import PotState, load_pot_states, ratios_by_rules
from matching.reallocate import reallocate
from matching.rebuild import FindTargets, RebuiltState
from matching.requests import MatchableDonation
from matching.reserve import NO_MATCH, trace
from matching.tranches import TrancheHistory, tranches

MAX_DIFFERENCES = 1_000  # the most that are described; all are counted


class ReplayResult(NamedTuple):
    """How many decisions were replayed, how many differences there are, and the first of them described."""

    decisions: int
    differing: int
    differences: tuple[str, ...]


class ReplayedSource(NamedTuple):
    """The reservation that match moved away from, and its pot."""

    reservation_id: int
    pot_id: int


class PotHistory(NamedTuple):
    """A pot, and how much of it a decision at a given time could see."""

    pot: PotState
    tranches: Sequence[TrancheHistory]
    unlocked_from: int | None  # the position at which it was unlocked

    def offer(self, at: datetime, position: int) -> Offer | None:
        """Return its offer at a time and position; None before its first rules, and while it was locked or
        paused."""
        locked = self.pot.kind == "challenge" and (self.unlocked_from is None or self.unlocked_from > position)
        valid = [
            version for version in self.pot.versions if version.position < position and version.valid_from <= at
        ]
        if locked or not valid or self.pot.paused_before(position):
            return None
        return Offer.of(self.pot.pot_id, valid[-1].rules_id, valid[-1].rules, self.pot.rank, self.pot.seed)

    def closed_minor(self, at: datetime, position: int) -> int:
        """Return the fen in tranches that had not opened. Later top-ups did not exist yet and closed nothing."""
        return sum(tranche.amount_minor for tranche in self.tranches if tranche.opened_at(position) > at)


def replay(tx: Tx, campaign_id: int, load_donations: LoadDonations, find_targets: FindTargets) -> ReplayResult:
    """Replay all decisions of a campaign. Changes nothing.

    `load_donations` loads its donations, `find_targets` finds projects with their history. Run it in its own
    transaction at REPEATABLE READ, so that books and decisions belong to the same snapshot.
    """
    prepare(tx, campaign_id, load_donations)
    return _Replay(tx, campaign_id, find_targets).run()


def _pot_histories(tx: Tx, campaign_id: int) -> list[PotHistory]:
    parts = tranches(tx, campaign_id)
    unlocked = {
        row.pot_id: row.position
        for row in tx.rows(
            """SELECT u.pot_id, u.position FROM pot_unlock u JOIN pot p ON p.id = u.pot_id
                WHERE p.campaign_id = :campaign""",
            campaign=campaign_id,
        )
    }
    return [
        PotHistory(pot, parts.get(pot.pot_id, ()), unlocked.get(pot.pot_id))
        for pot in load_pot_states(tx, [campaign_id])
    ]


class _Replay:
    """One replay: repeats each decision at its position."""

    def __init__(self, tx: Tx, campaign_id: int, find_targets: FindTargets) -> None:
        self.tx = tx
        self.campaign_id = campaign_id
        self.pots = {history.pot.pot_id: history for history in _pot_histories(tx, campaign_id)}
        ratios = ratios_by_rules(history.pot for history in self.pots.values())
        self.state = RebuiltState(tx, self.pots, ratios, find_targets)
        self.count = self.differing = 0
        self.differences: list[str] = []

    def run(self) -> ReplayResult:
        for page in decisions(self.tx):
            self.state.load_donors(page)
            for decision in page:
                self.state.advance_to(decision.position)
                movements = self.state.pop_movements(decision.position)
                self._compare(decision, movements)
                for movement in movements:
                    self.state.apply(movement)
                self.count += 1
        self.state.advance_to(None)
        self._compare_books()
        return ReplayResult(self.count, self.differing, tuple(self.differences))

    def _compare(self, decision: RecordedDecision, movements: Sequence[Movement]) -> None:
        allocation, source = self._decide(decision)
        replayed = trace(allocation, source)
        for stored, again in zip(decision.trace, replayed, strict=False):
            if stored != again:
                self._differ(decision, f"stored {stored}, replayed {again}")
        if len(decision.trace) != len(replayed):
            self._differ(decision, f"{len(decision.trace)} pots were evaluated, {len(replayed)} in the replay")
        reserved = sorted((m.pot_id, m.rules_id, m.amount_minor) for m in movements if m.kind == "hold")
        due = sorted((part.pot_id, part.rules_id, part.given_minor) for part in allocation.parts)
        if reserved != due:
            self._differ(decision, f"reservations (pot, rules, fen) are {reserved}, replayed {due}")
        returned = sum(m.amount_minor for m in movements if m.kind == "back")
        if returned != (allocation.matched_minor if source else 0):
            self._differ(decision, f"{returned} fen left their pot, {allocation.matched_minor} moved")

    def _decide(self, decision: RecordedDecision) -> tuple[Allocation, ReplayedSource | None]:
        """Return what the rules give at this decision, and the reservation that it moves away from."""
        for pot_id, history in self.pots.items():
            self.state.capacity.available[pot_id] = self.state.free[pot_id] - history.closed_minor(
                decision.decided_at, decision.position
            )
        request = self._allocation_request(decision)
        open_to_pots = decision.window_open and decision.cause != MatchCause.WITHHELD
        offers = serving_offers(self._offers(decision), request.target) if open_to_pots else []
        if decision.cause == "redistribute":
            return self._move(decision, request, offers)
        return (allocate(request, offers, self.state.capacity) if offers else NO_MATCH), None

    def _move(
        self, decision: RecordedDecision, request: AllocationRequest, offers: Sequence[Offer]
    ) -> tuple[Allocation, ReplayedSource | None]:
        """Move match only to a better pot, and only what the reservation had."""
        parts = dict(self.state.live.get(decision.donation_id, {}))
        reservation_id = int(decision.trace[0].get("from", {}).get("reservation", 0)) if decision.trace else 0
        moving = parts.pop(reservation_id, None)
        if moving is None or not offers or offers[0].order >= self.pots[moving.pot_id].pot.order:
            return NO_MATCH, None
        allocation = reallocate(request, moving, list(parts.values()), offers[0], self.state.capacity)
        return allocation or NO_MATCH, ReplayedSource(reservation_id, moving.pot_id)

    def _allocation_request(self, decision: RecordedDecision) -> AllocationRequest:
        """Return the donation as matching saw it then: as pledged, as paid, or later as refunds had left it."""
        at = decision.decided_at if decision.cause == "pledge" or decision.paid_at is None else decision.paid_at
        kept = decision.pledged_minor if decision.cause == "pledge" else decision.amount_minor
        if decision.cause in ("reoffer", "challenge", "redistribute", "restore", "corrected"):
            kept -= self.state.refunded.get(decision.donation_id, 0)
        target = self.state.target(decision.project_id, decision.position)
        donation = MatchableDonation(decision.donation_id, self.campaign_id, kept, target, decision.donor, at)
        if decision.cause in ("pledge", "late", "redistribute"):
            return donation.allocation_request()
        return donation.allocation_request(self.state.live.get(decision.donation_id, {}).values())

    def _offers(self, decision: RecordedDecision) -> Iterator[Offer]:
        """Yield the offers of the pots of this stage, whichever projects they serve."""
        only = (
            decision.trace[0]["pot"] if decision.cause in ("challenge", "redistribute") and decision.trace else None
        )
        mode = {"pledge": "reserve", "payment": "payment"}.get(decision.cause)
        for history in self.pots.values():
            pot = history.pot
            if (mode is None or pot.mode == mode) and (only is None or pot.pot_id == only):
                offer = history.offer(decision.decided_at, decision.position)
                if offer is not None:
                    yield offer

    def _compare_books(self) -> None:
        """Compare the final state with the books: every pot must hold its balance, and every reservation must be
        posted."""
        for problem in unposted(self.tx, self.campaign_id):
            self._note(problem)
        free = self.state.free
        for (pot_id, _), balance in pot_balances(self.tx, list(free), [AccountKind.POT_FREE]).items():
            if balance != free[pot_id]:
                self._note(f"pot {pot_id}: the books hold {balance} fen, the replay {free[pot_id]}")

    def _differ(self, decision: RecordedDecision, difference: str) -> None:
        self._note(
            f"donation {decision.donation_id}, {decision.cause} at {decision.decided_at.isoformat()}: {difference}"
        )

    def _note(self, difference: str) -> None:
        self.differing += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(difference)
