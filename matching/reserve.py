"""Reserve match for donors, a batch at a time: `lock_pots`, `plan_matches` (writes nothing), then `write_matches`.

Between the last two the caller stores the donations that were not refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import orjson

from kernel.bulk import insert_rows
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
from matching.cap_usage import FindProjectsOfCounties, fill_cap_usage
from matching.capture import immediate_capture
from matching.kinds import MatchCause
from matching.models import MatchDecision, Reservation
from matching.pot_state import PotState, lock_free_accounts
from matching.requests import STAGE_MODES, PotQuery, ReservationRequest, Stage
from matching.reservations import ReservationAmount, ReservedPart
from matching.rules import Target

NO_MATCH = Allocation((), 0, short=False)

# Why match was decided: one of `match_decision.cause`, or one per stage.
Cause = str | Mapping[Stage, str]


# Whether a donation may get this match.
Admits = Callable[[ReservationRequest, Allocation], bool]


class MatchSource(Protocol):
    """The reservation that match moves away from, and its pot."""

    @property
    def reservation_id(self) -> int: ...

    @property
    def pot_id(self) -> int: ...


class PlannedMatch(NamedTuple):
    """The match planned for a request.

    `refused`: the pots have less than their rules would give, or the donor may hold less unpaid, and the donor did
    not accept that; nothing is then reserved. `source`: the match moves away from this reservation instead of being
    new. `withheld`: the rules would give match, but the caller does not admit it.
    """

    request: ReservationRequest
    allocation: Allocation
    refused: bool
    source: ReservedPart | None = None
    withheld: bool = False


class LockedPots(NamedTuple):
    """The locked pots that may match some donations, and the free fen in them. Locked until the transaction
    ends."""

    candidates: Mapping[PotQuery, Sequence[PotState]]
    free: Mapping[int, int]


def lock_pots(
    tx: Tx,
    queries: Iterable[PotQuery],
    pots: Mapping[int, Sequence[PotState]],
    free: Mapping[int, int] | None = None,
) -> LockedPots:
    """Lock the pots that these queries may match; `pots` maps campaigns to their pots. `free` is what is in them if
    they are locked already and nothing was moved since.

    Read the time (`tx.now`) afterwards, because the campaign may have ended while this waited.
    """
    candidates = {query: _candidates(query, pots) for query in queries}
    by_id = {pot.pot_id: pot for states in candidates.values() for pot in states}
    return LockedPots(candidates, lock_free_accounts(tx, by_id.values()) if free is None else free)


def plan_matches(
    tx: Tx,
    locked: LockedPots,
    requests: Sequence[ReservationRequest],
    projects_of_counties: FindProjectsOfCounties,
    admits: Admits | None = None,
) -> list[PlannedMatch]:
    """Allocate match to requests, first come first served, from pots that `lock_pots` locked. Writes nothing.

    Plan once per transaction: a second plan would not see in the books what the first one gave.
    `projects_of_counties` finds the projects that caps per county count. `admits` is called, in order, with the
    match of each donation that gets some, and may withhold all of it.
    """
    now = tx.now
    by_id = {pot.pot_id: pot for states in locked.candidates.values() for pot in states}
    capacity = Capacity({pot_id: locked.free[pot_id] - pot.closed_minor(now) for pot_id, pot in by_id.items()})
    if requests and by_id:
        allocation_requests = [request.allocation_request for request in requests]
        fill_cap_usage(tx, capacity, list(by_id.values()), allocation_requests, projects_of_counties)
    offers = {query: _offers(states, now, query.target) for query, states in locked.candidates.items()}
    return [
        _plan(request, offers[request.pot_query] if request.matchable else [], capacity, admits)
        for request in requests
    ]


def _candidates(query: PotQuery, pots: Mapping[int, Sequence[PotState]]) -> list[PotState]:
    """Return the pots of which any rules version serves the project. They are locked before the time is read."""
    modes = STAGE_MODES[query.stage]
    return [
        pot
        for pot in pots.get(query.campaign_id, ())
        if pot.mode in modes and any(version.rules.scope.excludes(query.target) is None for version in pot.versions)
    ]


def _offers(pots: Sequence[PotState], now: datetime, target: Target) -> list[Offer]:
    return serving_offers((offer for pot in pots if (offer := pot.offer(now))), target)


def _plan(
    request: ReservationRequest, offers: Sequence[Offer], capacity: Capacity, admits: Admits | None
) -> PlannedMatch:
    allocation = allocate(request.allocation_request, offers, capacity) if offers else NO_MATCH
    refused = allocation.short and not request.accept_unmatched
    if admits and not refused and allocation.matched_minor and not admits(request, allocation):
        return PlannedMatch(request, NO_MATCH, refused=not request.accept_unmatched, withheld=True)
    if not refused:
        capacity.consume(request.allocation_request, allocation)
    return PlannedMatch(request, allocation, refused)


def write_matches(
    tx: Tx, plans: Sequence[PlannedMatch], cause: Cause, *, state: str = "reserved"
) -> list[Transfer]:
    """Store reservations and the decisions behind them; return the transfers to post.

    Write all plans of one `plan_matches` together and in order, because each builds on those before it. `state` is
    `captured` when the payment is already proven: one transfer then takes the match from its pot at once.
    """
    return write_decided_matches(tx, plans, cause, state=state)[1]


def write_decided_matches(
    tx: Tx, plans: Sequence[PlannedMatch], cause: Cause, *, state: str = "reserved"
) -> tuple[list[int], list[Transfer]]:
    """Do the same as `write_matches`, and also return the ids of the decisions, one per plan that was not
    refused."""
    accepted = [plan for plan in plans if not plan.refused]
    decision_ids = _insert_decisions(tx, accepted, cause)
    parts = [
        (decision_id, plan.request, part)
        for decision_id, plan in zip(decision_ids, accepted, strict=True)
        for part in plan.allocation.parts
    ]
    reservation_ids = _insert_reservations(tx, parts, state)
    placed = [
        ReservationAmount(id_, request.donation_id, part.pot_id, _project_of(request), part.given_minor)
        for id_, (_, request, part) in zip(reservation_ids, parts, strict=True)
    ]
    posting = _reservation_transfer if state == "reserved" else immediate_capture
    return decision_ids, [posting(reservation) for reservation in placed]


def _project_of(request: ReservationRequest) -> int:
    return request.allocation_request.target.project_id


def _reservation_transfer(reservation: ReservationAmount) -> Transfer:
    return Transfer(
        f"reservation:{reservation.id}:hold",
        pot_free(reservation.pot_id),
        pot_reserved(reservation.pot_id, reservation.project_id),
        reservation.amount_minor,
        TransferKind.MATCH_RESERVED,
        reservation.donation_id,
        reservation.id,
    )


def _insert_reservations(
    tx: Tx, parts: Sequence[tuple[int, ReservationRequest, PotEvaluation]], state: str
) -> list[int]:
    if not parts:
        return []
    requests = [request.allocation_request for _, request, _ in parts]
    rows = insert_rows(
        tx,
        Reservation,
        {
            "decision_id": [decision_id for decision_id, _, _ in parts],
            "donation_id": [request.donation_id for _, request, _ in parts],
            "pot_id": [part.pot_id for _, _, part in parts],
            "rules_id": [part.rules_id for _, _, part in parts],
            "project_id": [request.target.project_id for request in requests],
            "amount_minor": [part.given_minor for _, _, part in parts],
            "donor_key": [request.donor for request in requests],
            "day": [request.day for request in requests],
            "state": state,
            "created_at": tx.now,
            "ended_at": None if state == "reserved" else tx.now,
        },
        returning="id",
    )
    return [row.id for row in rows]


def _insert_decisions(tx: Tx, plans: Sequence[PlannedMatch], cause: Cause) -> list[int]:
    if not plans:
        return []
    rows = insert_rows(
        tx,
        MatchDecision,
        {
            "donation_id": [plan.request.donation_id for plan in plans],
            "cause": [_cause_of(plan, cause) for plan in plans],
            "window_open": [plan.request.matchable for plan in plans],
            "trace": [orjson.dumps(trace(plan.allocation, plan.source)).decode() for plan in plans],
            "decided_at": tx.now,
        },
        returning="id",
    )
    return [row.id for row in rows]


def _cause_of(plan: PlannedMatch, cause: Cause) -> str:
    if plan.withheld:
        return MatchCause.WITHHELD
    return cause if isinstance(cause, str) else cause[plan.request.stage]


def trace(allocation: Allocation, source: MatchSource | None = None) -> list[dict[str, Any]]:
    """Return the evaluation of every pot in its stored form. Amounts are fen.

    Match that moved names the reservation and the pot that it moved away from.
    """
    origin = {} if source is None else {"from": {"reservation": source.reservation_id, "pot": source.pot_id}}
    return [
        {
            **origin,
            "pot": evaluation.pot_id,
            "rules": evaluation.rules_id,
            "base_minor": evaluation.base_minor,
            "due_minor": evaluation.due_minor,
            "given_minor": evaluation.given_minor,
            "before_minor": evaluation.before_minor,
            "after_minor": evaluation.before_minor - evaluation.given_minor,
            "cuts": [cut._asdict() for cut in evaluation.cuts],
        }
        for evaluation in allocation.evaluations
    ]
