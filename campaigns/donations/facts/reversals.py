"""PURE. Returned money: what is left of a donation, computed from all facts ever reported about its refunds and
disputes.

A refund or a dispute has an id of its provider, an amount and a lifecycle of its own. Messages about it come late,
twice and in any order, so none of them is an instruction. Each is a fact, facts are only ever added, and `position`
reads the whole set. The same facts in any order give the same position.

Two kinds of facts do not name a refund. A provider's charge states how much of it was refunded in total
(`amount_refunded`), and a partner states the total of a donation. Only the part of a charge's total that no named
refund explains counts as a further refund.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from payments.reversals import RANK, ReversalFact, ReversalKind, ReversalState


@dataclass(frozen=True, slots=True)
class Reversal:
    """The state of a refund or dispute after all facts. Amounts in fen."""

    kind: ReversalKind
    reference: str
    state: ReversalState
    amount_minor: int
    created_at: datetime | None
    ended_at: datetime | None  # when its last state was first reported

    @property
    def returned_minor(self) -> int:
        """The part of it that we do not have at present."""
        gone = {ReversalState.PENDING, ReversalState.SUCCEEDED, ReversalState.LOST}
        return self.amount_minor if self.state in gone else 0


@dataclass(frozen=True, slots=True)
class Position:
    """What a donation has left, in fen. `kept_minor + returned_minor == amount + excess_minor`."""

    kept_minor: int
    refunded_minor: int
    lost_minor: int
    disputed_minor: int  # in open disputes; still part of `kept_minor`
    excess_minor: int  # returned beyond what was paid: a refund and a lost dispute of the same money
    reversals: tuple[Reversal, ...]

    @property
    def returned_minor(self) -> int:
        """The total that was returned."""
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
    """Return the refunds and disputes named by the facts, each in its latest state, by kind and id."""
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
    """Return what charges report as refunded and no named refund explains, in fen.

    A total describes its own moment. It excludes refunds that had failed before it or were created after it. What a
    total leaves unexplained at any moment was refunded in a refund that was never reported to us.
    """
    unnamed = 0
    for fact in facts:
        if fact.kind is ReversalKind.CHARGE_TOTAL:
            explained = sum(refund.amount_minor for refund in refunds if _counted_at(refund, fact.at))
            unnamed = max(unnamed, fact.amount_minor - explained)
    return unnamed


def _counted_at(refund: Reversal, moment: datetime) -> bool:
    """Return whether a charge's total at that moment included this refund. A failure within the same second is
    later."""
    if refund.created_at is not None and refund.created_at > moment:
        return False
    failed_before = (
        refund.state is ReversalState.FAILED and refund.ended_at is not None and refund.ended_at < moment
    )
    return not failed_before


def _unnamed_of_partner(facts: Sequence[ReversalFact]) -> int:
    """Return the total that a partner reports as returned, less what it reports as reinstated. The newest total of
    each counts."""
    totals = [fact for fact in facts if fact.kind is ReversalKind.PARTNER_TOTAL]
    reinstated = [fact for fact in facts if fact.kind is ReversalKind.PARTNER_REINSTATED]
    return max(_newest(totals) - _newest(reinstated), 0)


def _newest(totals: Sequence[ReversalFact]) -> int:
    return max(totals, key=lambda fact: (fact.at, fact.position)).amount_minor if totals else 0
