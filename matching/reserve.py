"""Hold match for donors, a batch at a time: `lock_for` the pots, `plan` (writes nothing), then `write`.

Between the last two the caller stores the donations that were not refused.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from kernel.db import Tx
from ledger.chart import pot_free, pot_reserved
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.allocate import (
    Allocation,
    Capacity,
    Offer,
    PotEvaluation,
    allocate,
    serving_offers,
)
from matching.cap_usage import Neighbours, fill_cap_usage
from matching.pot_state import PotState, lock_free_accounts
from matching.requests import STAGE_MODES, PotQuery, ReservationRequest, Stage
from matching.reservations import ReservedPart
from matching.rules import Target

NOTHING = Allocation((), 0, short=False)


class Origin(Protocol):
    """Where match moves from: a reservation of another pot."""

    @property
    def reservation_id(self) -> int: ...

    @property
    def pot_id(self) -> int: ...


class PlannedMatch(NamedTuple):
    """What a wish gets. `refused`: the pots hold less than their rules would give, and the donor must agree
    first; then nothing is held for it. `source`: the match moves from there, it is no new match."""

    request: ReservationRequest
    allocation: Allocation
    refused: bool
    source: ReservedPart | None = None


class LockedPots(NamedTuple):
    """Pots that serve some places, locked until the transaction ends, and what was free in them (fen)."""

    candidates: Mapping[PotQuery, Sequence[PotState]]
    free: Mapping[int, int]


def lock_pots(tx: Tx, places: Iterable[PotQuery], pots: Mapping[int, Sequence[PotState]]) -> LockedPots:
    """Lock the pots that may serve these places; `pots` holds the pots of each campaign.

    Read the time (`tx.now`) afterwards: the event may have ended while this waited.
    """
    candidates = {place: _candidates(place, pots) for place in places}
    asked = {pot.pot_id: pot for states in candidates.values() for pot in states}
    return LockedPots(candidates, lock_free_accounts(tx, asked.values()))


def plan_matches(
    tx: Tx, locked: LockedPots, requests: Sequence[ReservationRequest], neighbours: Neighbours
) -> list[PlannedMatch]:
    """Allocate, first come first served, from pots that `lock_for` locked; writes nothing.

    Once a transaction: a second plan would not see in the books what the first gave away. `neighbours` finds the
    projects of counties, for caps by county.
    """
    now = tx.now
    asked = {pot.pot_id: pot for states in locked.candidates.values() for pot in states}
    book = Capacity({pot_id: locked.free[pot_id] - pot.closed_minor(now) for pot_id, pot in asked.items()})
    if requests and asked:
        fill_cap_usage(
            tx, book, list(asked.values()), [request.allocation_request for request in requests], neighbours
        )
    offers = {place: _offers(states, now, place.target) for place, states in locked.candidates.items()}
    return [_decide(request, offers[request.pot_query] if request.matchable else [], book) for request in requests]


def _candidates(place: PotQuery, pots: Mapping[int, Sequence[PotState]]) -> list[PotState]:
    """The pots of which any version serves the project: those are locked before the time is read."""
    modes = STAGE_MODES[place.stage]
    return [
        pot
        for pot in pots.get(place.campaign_id, ())
        if pot.mode in modes and any(version.rules.scope.refuses(place.target) is None for version in pot.versions)
    ]


def _offers(states: Sequence[PotState], now: datetime, target: Target) -> list[Offer]:
    return serving_offers((offer for pot in states if (offer := pot.offer(now))), target)


def _decide(request: ReservationRequest, offers: Sequence[Offer], book: Capacity) -> PlannedMatch:
    allocation = allocate(request.allocation_request, offers, book) if offers else NOTHING
    refused = allocation.short and not request.accept_unmatched
    if not refused:
        book.take(request.allocation_request, allocation)
    return PlannedMatch(request, allocation, refused)


Cause = str | Mapping[Stage, str]


def write_matches(
    tx: Tx, plans: Sequence[PlannedMatch], cause: Cause, *, state: str = "reserved"
) -> list[Transfer]:
    """Store the reservations and the decisions behind them; answers the transfers to post.

    `cause` is pledge, payment, late, reoffer, challenge or redistribute, or says which for each stage: plans
    of one `plan` must be written together and in order, because each reckons with those before it. `state`
    may be captured at once when the payment is proven.
    """
    return write_decided_matches(tx, plans, cause, state=state)[1]


def write_decided_matches(
    tx: Tx, plans: Sequence[PlannedMatch], cause: Cause, *, state: str = "reserved"
) -> tuple[list[int], list[Transfer]]:
    """The same, answering the ids of the decisions too, one for each plan that was not refused."""
    made = [plan for plan in plans if not plan.refused]
    decisions = _write_decisions(tx, made, cause)
    parts = [
        (decision, plan.request, part)
        for decision, plan in zip(decisions, made, strict=True)
        for part in plan.allocation.parts
    ]
    ids = _write_reservations(tx, parts, state)
    transfers = [
        step for (_, request, part), row in zip(parts, ids, strict=True) for step in _hold(request, part, row)
    ]
    return decisions, transfers


def _hold(request: ReservationRequest, part: PotEvaluation, reservation_id: int) -> list[Transfer]:
    project_id = request.allocation_request.target.project_id
    return [
        Transfer(
            f"reservation:{reservation_id}:hold",
            pot_free(part.pot_id),
            pot_reserved(part.pot_id, project_id),
            part.given_minor,
            TransferKind.MATCH_RESERVED,
            request.donation_id,
            reservation_id,
        )
    ]


def _write_reservations(
    tx: Tx, parts: Sequence[tuple[int, ReservationRequest, PotEvaluation]], state: str
) -> list[int]:
    if not parts:
        return []
    rows = tx.rows(
        """INSERT INTO reservation (decision_id, donation_id, pot_id, rules_id, project_id, amount_minor, state,
                                    donor_key, day, created_at, ended_at)
           SELECT t.*, CAST(:now AS timestamptz), CAST(:ended AS timestamptz)
             FROM (SELECT c, d, p, r, j, m, CAST(:state AS text), k, y
                     FROM unnest(CAST(:decision AS bigint[]), CAST(:donation AS uuid[]),
                                 CAST(:pot AS bigint[]), CAST(:rules AS bigint[]),
                                 CAST(:project AS bigint[]), CAST(:amount AS bigint[]),
                                 CAST(:donor AS text[]), CAST(:day AS date[]))
                          WITH ORDINALITY AS u(c, d, p, r, j, m, k, y, n) ORDER BY n) AS t
           RETURNING id""",
        decision=[decision for decision, _, _ in parts],
        donation=[request.donation_id for _, request, _ in parts],
        pot=[part.pot_id for _, _, part in parts],
        rules=[part.rules_id for _, _, part in parts],
        project=[request.allocation_request.target.project_id for _, request, _ in parts],
        amount=[part.given_minor for _, _, part in parts],
        donor=[request.allocation_request.donor for _, request, _ in parts],
        day=[date.fromisoformat(request.allocation_request.day) for _, request, _ in parts],
        state=state,
        now=tx.now,
        ended=None if state == "reserved" else tx.now,
    )
    return [row[0] for row in rows]


def _write_decisions(tx: Tx, plans: Sequence[PlannedMatch], cause: Cause) -> list[int]:
    if not plans:
        return []
    rows = tx.rows(
        """INSERT INTO match_decision (donation_id, cause, decided_at, window_open, trace)
           SELECT d, c, :now, w, t
             FROM unnest(CAST(:donation AS uuid[]), CAST(:cause AS text[]), CAST(:window AS boolean[]),
                         CAST(:trace AS jsonb[]))
                  WITH ORDINALITY AS u(d, c, w, t, n) ORDER BY n
           RETURNING id""",
        donation=[plan.request.donation_id for plan in plans],
        window=[plan.request.matchable for plan in plans],
        trace=[json.dumps(trace(plan.allocation, plan.source)) for plan in plans],
        cause=[cause if isinstance(cause, str) else cause[plan.request.stage] for plan in plans],
        now=tx.now,
    )
    return [row[0] for row in rows]


def trace(allocation: Allocation, source: Origin | None = None) -> list[dict[str, Any]]:
    """What every asked pot answered, in the form in which it is stored. Amounts are fen. Match that moved says
    from which reservation and pot."""
    origin = {} if source is None else {"from": {"reservation": source.reservation_id, "pot": source.pot_id}}
    return [
        {
            **origin,
            "pot": one.pot_id,
            "rules": one.rules_id,
            "base_minor": one.base_minor,
            "due_minor": one.due_minor,
            "given_minor": one.given_minor,
            "before_minor": one.before_minor,
            "after_minor": one.before_minor - one.given_minor,
            "cuts": [cut._asdict() for cut in one.cuts],
        }
        for one in allocation.considered
    ]
