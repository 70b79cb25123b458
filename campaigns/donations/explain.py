"""Explain a donation: amounts, status history, and why each pot matched it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.corrections import Correction, Projects, corrections_of, shown
from campaigns.donations.models import Donation, DonationHistory
from campaigns.donations.view import DonationView, donation_view
from kernel.db import Tx
from matching.capture import reserved_parts
from matching.kinds import MatchCause
from matching.pot_state import PotState, load_pot_states
from matching.requests import STAGE_MODES
from matching.reservations import ReservedPart
from matching.returns import returns_of
from matching.rules import Target
from payments.partners.partner_events import PARTNER_PREFIX


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of the donation's status."""

    from_status: str | None
    to_status: str
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class CapCut:
    """A cap or balance that reduced the match: its full amount and how much of it was left, in fen."""

    by: str
    limit_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class PotExplanation:
    """Why one pot matched the donation or did not. Amounts in fen.

    `out_of_scope` names the part of the scope that does not fit, or is `locked` for a challenge not met at that
    time, `paused` for a paused pot, `payment` or `pledge` for a pot that is asked then and not now, or None.
    `base_minor` of the donation was still unmatched, the rules gave `due_minor`, and the pot gave `given_minor`.
    """

    pot_id: int
    pot_name: str
    rank: int
    rules_version: int
    ratio_bps: int
    out_of_scope: str | None
    evaluated: bool
    base_minor: int = 0
    due_minor: int = 0
    given_minor: int = 0
    before_minor: int = 0
    after_minor: int = 0
    cuts: tuple[CapCut, ...] = ()
    moved_from: int | None = None  # the pot that gave this match before
    least_bps: int | None = None  # of a random pot, which draws a ratio from this to `ratio_bps`


@dataclass(frozen=True, slots=True)
class DecisionExplanation:
    """One allocation of match, pot by pot. `position` is its place in the order of decisions. What pots and caps
    had left at that time was given (ADR 36).

    `cause`: pledge, payment, arrival (of a payment that a partner reported), late, reoffer, challenge (a pot was
    unlocked and matched earlier donations), redistribute (match moved to a better pot), corrected (the donation was
    moved to another project).
    """

    cause: str
    decided_at: datetime
    window_open: bool
    pots: tuple[PotExplanation, ...]
    blacklisted: bool = False  # no pot was asked because the project was blacklisted then
    position: int | None = None


@dataclass(frozen=True, slots=True)
class ReservationState:
    """The match from one pot, in fen. It is reserved, captured (`returned_minor` of it was returned, see
    `ReturnedMatch`), released, or held (captured, but waiting for a reviewer)."""

    pot_id: int
    pot_name: str
    amount_minor: int
    returned_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class ReturnedMatch:
    """Captured match (fen) that left the donation again because of a refund or lost dispute, a review, a move to a
    better pot, or a corrected project. It returned to its pot, or `to_fund`."""

    pot_id: int
    pot_name: str
    amount_minor: int
    cause: str
    to_fund: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The full explanation of a donation. Amounts in fen."""

    donation_id: UUID
    campaign: str
    project: str
    amount_minor: int
    pledged_minor: int | None  # the pledged amount, if a payment of another amount arrived
    refunded_minor: int
    currency: str
    status: str
    reserved_minor: int
    captured_minor: int
    held_minor: int
    history: tuple[StatusChange, ...]
    decisions: tuple[DecisionExplanation, ...]
    holds: tuple[ReservationState, ...]
    returns: tuple[ReturnedMatch, ...]
    corrections: tuple[Correction, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def explain(tx: Tx, donation_id: UUID) -> Explanation:
    """Explain a donation. Raises NotFound `donation_unknown`."""
    view = donation_view(tx, donation_id)
    donation = tx.get(Donation, donation_id)
    assert donation is not None
    pots = load_pot_states(tx, [donation.campaign_id])
    corrections = corrections_of(tx, donation_id)
    return Explanation(
        donation_id=donation_id,
        campaign=view.campaign_name,
        project=view.project_name,
        amount_minor=view.amount_minor,
        pledged_minor=donation.pledged_minor,
        refunded_minor=view.refunded_minor,
        currency=view.currency,
        status=view.status,
        reserved_minor=view.reserved_minor,
        captured_minor=view.captured_minor,
        held_minor=view.held_minor,
        history=_history(tx, donation_id),
        decisions=_decisions(tx, view, pots, Projects(tx, donation.project_id, corrections), donation.provider),
        holds=_holds(reserved_parts(tx, [donation_id]), pots),
        returns=_returns(tx, donation_id, pots, {correction.corrected_at for correction in corrections}),
        corrections=shown(tx, corrections),
    )


def _history(tx: Tx, donation_id: UUID) -> tuple[StatusChange, ...]:
    history = select(DonationHistory).where(DonationHistory.donation_id == donation_id)
    return tuple(
        StatusChange(row.from_status, row.to_status, row.at, row.cause)
        for row in tx.all(history.order_by(col(DonationHistory.id)))
    )


def _holds(parts: Sequence[ReservedPart], pots: Sequence[PotState]) -> tuple[ReservationState, ...]:
    names = {pot.pot_id: pot.name for pot in pots}
    return tuple(
        ReservationState(
            part.pot_id,
            names[part.pot_id],
            part.amount_minor,
            part.returned_minor,
            "held" if part.held and part.live_minor else part.state,
        )
        for part in parts
    )


def _returns(
    tx: Tx, donation_id: UUID, pots: Sequence[PotState], corrected_at: set[datetime]
) -> tuple[ReturnedMatch, ...]:
    """Return the match that left the donation. Match returned in the transaction of a correction has that cause."""
    names = {pot.pot_id: pot.name for pot in pots}
    return tuple(
        ReturnedMatch(
            back.pot_id,
            names[back.pot_id],
            back.amount_minor,
            "corrected" if back.at in corrected_at else back.cause,
            back.to_fund,
            back.at,
        )
        for back in returns_of(tx, donation_id)
    )


def _decisions(
    tx: Tx, donation: DonationView, pots: Sequence[PotState], projects: Projects, provider: str
) -> tuple[DecisionExplanation, ...]:
    rows = tx.rows(
        """SELECT cause, decided_at, window_open, trace, position,
                  NOT window_open AND EXISTS (
                      SELECT FROM project_listing b
                       WHERE b.project_id = coalesce((SELECT k.from_project_id FROM project_correction k
                                                       WHERE k.donation_id = :id AND k.position > m.position
                                                       ORDER BY k.position LIMIT 1), :project)
                         AND b.listed_at <= decided_at
                         AND (b.lifted_at IS NULL OR b.lifted_at > decided_at)) AS blacklisted
             FROM match_decision m WHERE donation_id = :id ORDER BY id""",
        id=donation.id,
        project=donation.project_id,
    )
    return tuple(
        DecisionExplanation(
            _cause(row.cause, provider),
            row.decided_at,
            row.window_open,
            _explain_pots(row, pots, projects.target_at(row.position)),
            row.blacklisted,
            row.position,
        )
        for row in rows
    )


def _cause(cause: str, provider: str) -> str:
    """Return the cause to show. A partner's donation was never pledged here, so its match on arrival is not
    late."""
    return "arrival" if cause == MatchCause.LATE and provider.startswith(PARTNER_PREFIX) else cause


def _explain_pots(decision: Any, pots: Sequence[PotState], target: Target) -> tuple[PotExplanation, ...]:
    """Explain every pot that existed then, including those that were not asked."""
    evaluations = {evaluation["pot"]: evaluation for evaluation in decision.trace}
    explained = (_explain_pot(pot, evaluations.get(pot.pot_id), decision, target) for pot in pots)
    return tuple(explanation for explanation in explained if explanation is not None)


def _explain_pot(
    pot: PotState, evaluation: dict[str, Any] | None, decision: Any, target: Target
) -> PotExplanation | None:
    if evaluation is not None:
        valid = [version for version in pot.versions if version.rules_id == evaluation["rules"]]
    else:
        valid = [version for version in pot.versions if version.valid_from <= decision.decided_at]
    if not valid:
        return None  # the pot was created later
    version = valid[-1]
    explanation = PotExplanation(
        pot_id=pot.pot_id,
        pot_name=pot.name,
        rank=pot.rank,
        rules_version=version.number,
        ratio_bps=version.rules.ratio_bps,
        least_bps=version.rules.least_bps,
        out_of_scope=None if evaluation else version.rules.scope.excludes(target) or _unasked(pot, decision),
        evaluated=evaluation is not None,
    )
    if evaluation is None:
        return explanation
    amounts = ("base_minor", "due_minor", "given_minor", "before_minor", "after_minor")
    return replace(
        explanation,
        **{name: evaluation[name] for name in amounts},
        cuts=tuple(CapCut(**cut) for cut in evaluation["cuts"]),
        moved_from=evaluation.get("from", {}).get("pot"),
    )


def _unasked(pot: PotState, decision: Any) -> str | None:
    """Return why a pot that serves the project was not asked: `payment` or `pledge` if it is asked at that stage
    and not at this one, `locked` for a challenge pot not unlocked at that time, `paused` for a paused pot. None if
    earlier pots had matched everything."""
    if decision.cause in STAGE_MODES and pot.mode not in STAGE_MODES[decision.cause]:
        return "payment" if decision.cause == MatchCause.PLEDGE else "pledge"
    if pot.kind == "challenge" and (pot.unlocked_at is None or pot.unlocked_at > decision.decided_at):
        return "locked"
    return "paused" if pot.paused_before(decision.position) else None
