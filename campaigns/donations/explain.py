"""One donation's story: what happened to it, and pot by pot why it got the match that it got."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.donations.view import DonationView, donation_view
from campaigns.projects.targets import target_histories
from kernel.db import Tx
from matching.capture import reserved_parts
from matching.pot_state import PotState, load_pot_states
from matching.rebuild import TargetHistory, as_of
from matching.reservations import ReservedPart
from matching.returns import returns_of
from matching.rules import Target


@dataclass(frozen=True, slots=True)
class Step:
    """The donation went from one state to another."""

    from_status: str | None
    to_status: str
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class CutLine:
    """A limit that made the share smaller: its whole and what of it was left, in fen."""

    by: str
    limit_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class PotLine:
    """What one pot said. `out_of_scope` names the part of the scope that does not fit, or is `locked` for a
    challenge that was not met then, or None; amounts are fen: `base_minor` of the gift was unmatched so far, the
    rules gave `due_minor`, the pot `given_minor`."""

    pot_id: int
    pot_name: str
    rank: int
    rules_version: int
    ratio_bps: int
    out_of_scope: str | None
    asked: bool
    base_minor: int = 0
    due_minor: int = 0
    given_minor: int = 0
    before_minor: int = 0
    after_minor: int = 0
    cuts: tuple[CutLine, ...] = ()
    moved_from: int | None = None  # the pot in which this match was before


@dataclass(frozen=True, slots=True)
class Decision:
    """One time that match was sought, and every pot's answer. `cause`: pledge, payment, late, reoffer,
    challenge (a pot unlocked and served those before), redistribute (match moved to a better pot)."""

    cause: str
    decided_at: datetime
    window_open: bool
    pots: tuple[PotLine, ...]
    blacklisted: bool = False  # no pot was asked because the project was listed then


@dataclass(frozen=True, slots=True)
class Hold:
    """What became of the match from one pot, in fen: reserved, captured (`returned_minor` of it left again, see
    `Gone`), released, or held: captured, but a person must decide."""

    pot_id: int
    pot_name: str
    amount_minor: int
    returned_minor: int
    state: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Earned match (fen) that left the donation again: because of a refund (or lost dispute), after a person's
    review, or moved to a better pot; back to its pot, or `to_fund`."""

    pot_id: int
    pot_name: str
    amount_minor: int
    cause: str
    to_fund: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole story; amounts in fen."""

    donation_id: UUID
    campaign: str
    project: str
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    reserved_minor: int
    captured_minor: int
    held_minor: int
    history: tuple[Step, ...]
    decisions: tuple[Decision, ...]
    holds: tuple[Hold, ...]
    returns: tuple[Gone, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def explain(tx: Tx, donation_id: UUID) -> Explanation:
    """Tell a donation's story. Raises NotFound `donation_unknown`."""
    found = donation_view(tx, donation_id)
    row = tx.row("SELECT campaign_id, project_id FROM donation WHERE id = :id", id=donation_id)
    assert row is not None
    pots = load_pot_states(tx, [row.campaign_id])
    seen = target_histories(tx, [row.project_id])[row.project_id]
    return Explanation(
        donation_id=donation_id,
        campaign=found.campaign_name,
        project=found.project_name,
        amount_minor=found.amount_minor,
        refunded_minor=found.refunded_minor,
        currency=found.currency,
        status=found.status,
        reserved_minor=found.reserved_minor,
        captured_minor=found.captured_minor,
        held_minor=found.held_minor,
        history=_history(tx, donation_id),
        decisions=_decisions(tx, found, pots, seen),
        holds=_holds(reserved_parts(tx, [donation_id]), pots),
        returns=_returns(tx, donation_id, pots),
    )


def _history(tx: Tx, donation_id: UUID) -> tuple[Step, ...]:
    rows = tx.rows(
        "SELECT from_status, to_status, at, cause FROM donation_history WHERE donation_id = :id ORDER BY id",
        id=donation_id,
    )
    return tuple(Step(*row) for row in rows)


def _holds(parts: Sequence[ReservedPart], pots: Sequence[PotState]) -> tuple[Hold, ...]:
    names = {pot.pot_id: pot.name for pot in pots}
    return tuple(
        Hold(
            part.pot_id,
            names[part.pot_id],
            part.amount_minor,
            part.returned_minor,
            "held" if part.held and part.live_minor else part.state,
        )
        for part in parts
    )


def _returns(tx: Tx, donation_id: UUID, pots: Sequence[PotState]) -> tuple[Gone, ...]:
    names = {pot.pot_id: pot.name for pot in pots}
    return tuple(
        Gone(one.pot_id, names[one.pot_id], one.amount_minor, one.cause, one.to_fund, one.at)
        for one in returns_of(tx, donation_id)
    )


def _decisions(tx: Tx, found: DonationView, pots: Sequence[PotState], seen: TargetHistory) -> tuple[Decision, ...]:
    rows = tx.rows(
        """SELECT cause, decided_at, window_open, trace, position,
                  NOT window_open AND EXISTS (
                      SELECT FROM project_listing b WHERE b.project_id = :project AND b.listed_at <= decided_at
                                 AND (b.lifted_at IS NULL OR b.lifted_at > decided_at)) AS blacklisted
             FROM match_decision WHERE donation_id = :id ORDER BY id""",
        id=found.id,
        project=found.project_id,
    )
    return tuple(
        Decision(
            row.cause,
            row.decided_at,
            row.window_open,
            _lines(row.trace, row.decided_at, pots, as_of(seen, row.position)),
            row.blacklisted,
        )
        for row in rows
    )


def _lines(
    trace: Sequence[dict[str, Any]], at: datetime, pots: Sequence[PotState], target: Target
) -> tuple[PotLine, ...]:
    """Every pot that there was: those that were asked as they answered, the others with the reason why not."""
    answers = {one["pot"]: one for one in trace}
    lines = []
    for pot in pots:
        answer = answers.get(pot.pot_id)
        line = _line(pot, answer, at, target)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _line(pot: PotState, answer: dict[str, Any] | None, at: datetime, target: Target) -> PotLine | None:
    wanted = answer["rules"] if answer else None
    valid = [v for v in pot.versions if (v.rules_id == wanted if answer else v.valid_from <= at)]
    if not valid:
        return None  # the pot came later
    version = valid[-1]
    line = PotLine(
        pot_id=pot.pot_id,
        pot_name=pot.name,
        rank=pot.rank,
        rules_version=version.number,
        ratio_bps=version.rules.ratio_bps,
        out_of_scope=None if answer else version.rules.scope.refuses(target) or _locked(pot, at),
        asked=answer is not None,
    )
    if answer is None:
        return line
    amounts = ("base_minor", "due_minor", "given_minor", "before_minor", "after_minor")
    cuts = tuple(CutLine(**cut) for cut in answer["cuts"])
    given = {name: answer[name] for name in amounts}
    return replace(line, **given, cuts=cuts, moved_from=answer.get("from", {}).get("pot"))


def _locked(pot: PotState, at: datetime) -> str | None:
    open_then = pot.kind != "challenge" or (pot.unlocked_at is not None and pot.unlocked_at <= at)
    return None if open_then else "locked"
