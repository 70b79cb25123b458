"""PURE. Money that goes back: what a donation has left, computed from everything that was ever told of its refunds
and disputes.

A refund or a dispute has an id of its provider, an amount and a life of its own. Messages about it come late, twice
and in any order, so none of them is an instruction: each is a fact, facts are only ever added, and `position` reads
the whole set. The same facts in any order give the same position.

Two kinds of facts do not name a refund: a provider's charge tells how much of it was refunded in all
(`amount_refunded`), and a partner tells the total of a donation. Of such totals only what no named refund explains
counts as a refund of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from payments.reversals import RANK, ReversalFact, ReversalKind, ReversalState


@dataclass(frozen=True, slots=True)
class Reversal:
    """A refund or dispute as it stands after all facts. Fen."""

    kind: ReversalKind
    reference: str
    state: ReversalState
    amount_minor: int
    created_at: datetime | None
    ended_at: datetime | None  # when its last state was first told

    @property
    def returned_minor(self) -> int:
        """What of it is gone from us now."""
        gone = {ReversalState.PENDING, ReversalState.SUCCEEDED, ReversalState.LOST}
        return self.amount_minor if self.state in gone else 0


@dataclass(frozen=True, slots=True)
class Position:
    """What a donation has left. Fen; `kept_minor + returned_minor == amount + excess_minor`."""

    kept_minor: int
    refunded_minor: int
    lost_minor: int
    disputed_minor: int  # in open disputes; still counted as kept
    excess_minor: int  # more went back than came: a refund and a lost dispute of the same money
    reversals: tuple[Reversal, ...]

    @property
    def returned_minor(self) -> int:
        """All that went back."""
        return self.refunded_minor + self.lost_minor


def position(amount_minor: int, facts: Iterable[ReversalFact]) -> Position:
    """Compute what is left of a donation of `amount_minor` fen from all facts about its refunds and disputes."""
    known = sorted(set(facts), key=_order)
    reversals = _merge(known)
    refunds = [reversal for reversal in reversals if reversal.kind is ReversalKind.REFUND]
    disputes = [reversal for reversal in reversals if reversal.kind is ReversalKind.DISPUTE]
    refunded = sum(refund.returned_minor for refund in refunds)
    refunded += _unnamed_of_charges(known, refunds) + _unnamed_of_partner(known)
    lost = sum(dispute.returned_minor for dispute in disputes)
    disputed = sum(dispute.amount_minor for dispute in disputes if dispute.state is ReversalState.OPEN)
    kept = max(amount_minor - refunded - lost, 0)
    return Position(
        kept_minor=kept,
        refunded_minor=refunded,
        lost_minor=lost,
        disputed_minor=min(disputed, kept),
        excess_minor=max(refunded + lost - amount_minor, 0),
        reversals=reversals,
    )


def _order(fact: ReversalFact) -> tuple[str, str, int, datetime, int]:
    return fact.kind, fact.reference, RANK[fact.state], fact.at, fact.position


def _merge(facts: Sequence[ReversalFact]) -> tuple[Reversal, ...]:
    """The refunds and disputes that the facts speak of, each in its latest state, by kind and id."""
    named: dict[tuple[ReversalKind, str], list[ReversalFact]] = {}
    for fact in facts:
        if fact.kind in (ReversalKind.REFUND, ReversalKind.DISPUTE):
            named.setdefault((fact.kind, fact.reference), []).append(fact)
    return tuple(_reversal(kind, reference, own) for (kind, reference), own in sorted(named.items()))


def _reversal(kind: ReversalKind, reference: str, facts: Sequence[ReversalFact]) -> Reversal:
    last = max(RANK[fact.state] for fact in facts)
    return Reversal(
        kind=kind,
        reference=reference,
        state=next(fact.state for fact in facts if RANK[fact.state] == last),
        amount_minor=max(fact.amount_minor for fact in facts),
        created_at=min((fact.created_at for fact in facts if fact.created_at), default=None),
        ended_at=min(fact.at for fact in facts if RANK[fact.state] == last),
    )


def _unnamed_of_charges(facts: Sequence[ReversalFact], refunds: Sequence[Reversal]) -> int:
    """What charges say was refunded and no named refund explains, in fen.

    A total speaks of its own moment: a refund that had failed before is not in it any more, one that was made later
    is not in it yet. What a total leaves unexplained at any moment was refunded under a name that we never heard.
    """
    unnamed = 0
    for fact in facts:
        if fact.kind is ReversalKind.CHARGE_TOTAL:
            explained = sum(refund.amount_minor for refund in refunds if _counted_at(refund, fact.at))
            unnamed = max(unnamed, fact.amount_minor - explained)
    return unnamed


def _counted_at(refund: Reversal, moment: datetime) -> bool:
    """Whether a charge's total of that moment included this refund. Within one second the failure came after."""
    if refund.created_at is not None and refund.created_at > moment:
        return False
    failed_before = (
        refund.state is ReversalState.FAILED and refund.ended_at is not None and refund.ended_at < moment
    )
    return not failed_before


def _unnamed_of_partner(facts: Sequence[ReversalFact]) -> int:
    """What a partner says went back in all, less what it says came back of it. The newest total of each counts."""
    totals = [fact for fact in facts if fact.kind is ReversalKind.PARTNER_TOTAL]
    reinstated = [fact for fact in facts if fact.kind is ReversalKind.PARTNER_REINSTATED]
    return max(_newest(totals) - _newest(reinstated), 0)


def _newest(totals: Sequence[ReversalFact]) -> int:
    return max(totals, key=lambda fact: (fact.at, fact.position)).amount_minor if totals else 0
