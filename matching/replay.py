"""Replay all decisions of a campaign through `allocate`: the stored match must come out again, fen for fen.

Nothing is taken from what a decision says it saw: pots, caps and gifts are rebuilt from the books up to its place
in their order, and the rules are those in force at its time, as the ratings of projects are those of its place.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from kernel.clock import local_day
from kernel.db import Tx
from ledger.chart import AccountKind
from ledger.statements import pot_balances
from matching.allocate import Allocation, AllocationRequest, Offer, allocate, serving_offers
from matching.journal import LoadDonations, Movement, RecordedDecision, decisions, prepare, unposted
from matching.pot_state import PotState, load_pot_states
from matching.reallocate import reallocate
from matching.rebuild import RebuiltState, Targets
from matching.requests import with_prior_match
from matching.reserve import NO_MATCH, trace

MOST = 1_000  # differences that are kept in words; all are counted


class ReplayResult(NamedTuple):
    """How many decisions were replayed, how many differences were found, and the first of them in words."""

    decisions: int
    differing: int
    differences: tuple[str, ...]


class Source(NamedTuple):
    """Where match moved from."""

    reservation_id: int
    pot_id: int


class PotHistory(NamedTuple):
    """A pot, and what a decision at some time could know of it."""

    pot: PotState
    tranches: tuple[tuple[datetime, int], ...]
    unlocked_from: int | None  # the place of its unlocking in the order

    def offer(self, at: datetime, position: int) -> Offer | None:
        """What it offered at a time and place; None before it was there, and while it was locked."""
        locked = self.pot.kind == "challenge" and (self.unlocked_from is None or self.unlocked_from > position)
        valid = [one for one in self.pot.versions if one.position < position and one.valid_from <= at]
        if locked or not valid:
            return None
        return Offer.of(self.pot.pot_id, valid[-1].rules_id, valid[-1].rules, self.pot.rank, self.pot.seed)

    def closed_minor(self, at: datetime) -> int:
        """Fen in tranches that had not opened; later top-ups were not there yet and closed nothing."""
        return sum(amount for opens_at, amount in self.tranches if opens_at > at)


def replay(tx: Tx, campaign_id: int, requests: LoadDonations, targets: Targets) -> ReplayResult:
    """Replay a campaign; `gifts` tells its donations, `targets` finds projects by id, as they were. Changes
    nothing.

    Give it a transaction of its own at REPEATABLE READ, so that books and decisions are of one moment.
    """
    prepare(tx, campaign_id, requests)
    return _Replay(tx, campaign_id, targets).run()


def _ruled(tx: Tx, campaign_id: int) -> list[PotHistory]:
    tranches: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for pot_id, opens_at, amount in tx.rows(
        """SELECT f.pot_id, f.opens_at, f.amount_minor FROM pot_funding f JOIN pot p ON p.id = f.pot_id
            WHERE p.campaign_id = :campaign AND f.reason = 'tranche'""",
        campaign=campaign_id,
    ):
        tranches[pot_id].append((opens_at, amount))
    unlocked = {
        row[0]: row[1]
        for row in tx.rows(
            """SELECT u.pot_id, u.position FROM pot_unlock u JOIN pot p ON p.id = u.pot_id
                WHERE p.campaign_id = :campaign""",
            campaign=campaign_id,
        )
    }
    return [
        PotHistory(pot, tuple(tranches[pot.pot_id]), unlocked.get(pot.pot_id))
        for pot in load_pot_states(tx, [campaign_id])
    ]


class _Replay:
    """One replay: decides again at each place what was decided there."""

    def __init__(self, tx: Tx, campaign_id: int, targets: Targets) -> None:
        self.tx = tx
        self.campaign_id = campaign_id
        self.pots = {one.pot.pot_id: one for one in _ruled(tx, campaign_id)}
        ratios = {v.rules_id: v.rules.ratio_bps for one in self.pots.values() for v in one.pot.versions}
        self.past = RebuiltState(tx, self.pots, ratios, targets)
        self.count = self.differing = 0
        self.differences: list[str] = []

    def run(self) -> ReplayResult:
        for page in decisions(self.tx):
            self.past.know(page)
            for one in page:
                self.past.reach(one.position)
                own = self.past.at(one.position)
                self._compare(one, own)
                for movement in own:
                    self.past.apply(movement)
                self.count += 1
        self.past.reach(None)
        self._compare_books()
        return ReplayResult(self.count, self.differing, tuple(self.differences))

    def _compare(self, one: RecordedDecision, own: Sequence[Movement]) -> None:
        decided, source = self._decide(one)
        told = trace(decided, source)
        for was, now in zip(one.trace, told, strict=False):
            if was != now:
                self._differ(one, f"stored {was}, replayed {now}")
        if len(one.trace) != len(told):
            self._differ(one, f"{len(one.trace)} pots answered, {len(told)} answer in the replay")
        stored = sorted((m.pot_id, m.rules_id, m.amount_minor) for m in own if m.kind == "hold")
        due = sorted((part.pot_id, part.rules_id, part.given_minor) for part in decided.parts)
        if stored != due:
            self._differ(one, f"reservations (pot, rules, fen) are {stored}, replayed {due}")
        left = sum(m.amount_minor for m in own if m.kind == "back")
        if left != (decided.matched_minor if source else 0):
            self._differ(one, f"{left} fen left their pot, {decided.matched_minor} moved")

    def _decide(self, one: RecordedDecision) -> tuple[Allocation, Source | None]:
        """What the rules give here, and where it moves from."""
        for pot_id, ruled in self.pots.items():
            self.past.capacity.available[pot_id] = self.past.free[pot_id] - ruled.closed_minor(one.decided_at)
        request = self._allocation_request(one)
        offers = serving_offers(self._asked(one), request.target) if one.window_open else []
        if one.cause == "redistribute":
            return self._move(one, request, offers)
        return (allocate(request, offers, self.past.capacity) if offers else NO_MATCH), None

    def _move(
        self, one: RecordedDecision, request: AllocationRequest, offers: Sequence[Offer]
    ) -> tuple[Allocation, Source | None]:
        """Only to a better pot, only what the reservation had."""
        parts = dict(self.past.live.get(one.donation_id, {}))
        id_ = int(one.trace[0].get("from", {}).get("reservation", 0)) if one.trace else 0
        moving = parts.pop(id_, None)
        if moving is None or not offers or offers[0].order >= (self.pots[moving.pot_id].pot.rank, moving.pot_id):
            return NO_MATCH, None
        answer = reallocate(request, moving, list(parts.values()), offers[0], self.past.capacity)
        return answer or NO_MATCH, Source(id_, moving.pot_id)

    def _allocation_request(self, one: RecordedDecision) -> AllocationRequest:
        """The donation as matching saw it then: whole when it was given or paid, later what refunds had left."""
        day = local_day(one.decided_at if one.cause == "pledge" or one.paid_at is None else one.paid_at)
        kept = one.amount_minor
        if one.cause in ("reoffer", "challenge", "redistribute"):
            kept -= self.past.refunded.get(one.donation_id, 0)
        target = self.past.target(one.project_id, one.position)
        request = AllocationRequest(kept, target, one.donor, day.isoformat(), donation=str(one.donation_id))
        if one.cause in ("pledge", "late", "redistribute"):
            return request
        return with_prior_match(request, self.past.live.get(one.donation_id, {}).values())

    def _asked(self, one: RecordedDecision) -> Iterator[Offer]:
        """The offers of the pots that were asked at this stage, whatever they serve."""
        only = one.trace[0]["pot"] if one.cause in ("challenge", "redistribute") and one.trace else None
        mode = {"pledge": "reserve", "payment": "payment"}.get(one.cause)
        for ruled in self.pots.values():
            pot = ruled.pot
            if (mode is None or pot.mode == mode) and (only is None or pot.pot_id == only):
                offer = ruled.offer(one.decided_at, one.position)
                if offer is not None:
                    yield offer

    def _compare_books(self) -> None:
        """At the end every pot must hold what the books say, and every hold must be posted."""
        for problem in unposted(self.tx, self.campaign_id):
            self._note(problem)
        free = self.past.free
        for (pot_id, _), balance in pot_balances(self.tx, list(free), [AccountKind.POT_FREE]).items():
            if balance != free[pot_id]:
                self._note(f"pot {pot_id}: the books hold {balance} fen, the replay {free[pot_id]}")

    def _differ(self, one: RecordedDecision, what: str) -> None:
        self._note(f"donation {one.donation_id}, {one.cause} at {one.decided_at.isoformat()}: {what}")

    def _note(self, what: str) -> None:
        self.differing += 1
        if len(self.differences) < MOST:
            self.differences.append(what)
