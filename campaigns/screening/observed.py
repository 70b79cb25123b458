"""PURE. The input of the screening rules: a donation and its context."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class MatchedDonation(NamedTuple):
    """A matched donation as the rules see it; amounts in fen.

    `cap_minor` is the amount from which a pot's cap per donation or donor cuts the match, None if no cap applies.
    `donor` is the donor key whose caps it counts against; it is compared, never shown.
    """

    donation_id: UUID
    amount_minor: int
    refunded_minor: int
    paid_at: datetime
    cap_minor: int | None = None
    donor: str = ""
    instrument: str = ""  # "" while unknown; compared, never shown


class Burst(NamedTuple):
    """Donations of the same amount at one place and time: their number, the number of all donations, and some of
    their ids."""

    same: int
    total: int
    donation_ids: tuple[UUID, ...] = ()


NO_BURST = Burst(0, 0)


class RapidGiving(NamedTuple):
    """All donations of one donor within a threshold's time span, matched or not; fen."""

    donations: int
    sum_minor: int
    donation_ids: tuple[UUID, ...] = ()


NOT_RAPID = RapidGiving(0, 0)


class CapUse(NamedTuple):
    """The match of an instrument from one pot, under all donor keys, up to and including a donation; fen."""

    pot_id: int
    cap: str  # donor_minor or donor_day_minor
    limit_minor: int
    used_minor: int


class NetworkWarning(NamedTuple):
    """An early fraud warning of the card network about a donation's payment."""

    reference: str  # the provider's id
    fraud_type: str
    warned_at: datetime


@dataclass(frozen=True, slots=True)
class ScreeningContext:
    """What the rules compare a donation with. The donations of its instrument, donor and device include itself."""

    of_instrument: Sequence[MatchedDonation] = ()
    of_donor: Sequence[MatchedDonation] = ()
    of_device: Sequence[MatchedDonation] = ()
    same_sum: Burst = NO_BURST  # from new donors only
    unit: Burst = NO_BURST
    staff: bool = False  # the donor is staff of the organisation that executes the project, or of one above it
    caps: Sequence[CapUse] = ()
    watched: Sequence[tuple[str, int]] = ()  # (kind, id of the watch list entry)
    rapid: RapidGiving = NOT_RAPID
    warnings: Sequence[NetworkWarning] = ()


class PaidGift(NamedTuple):
    """A paid donation of a donor; fen."""

    donation_id: UUID
    paid_at: datetime
    amount_minor: int


def most_within(gifts: Sequence[PaidGift], at: datetime, within: timedelta) -> RapidGiving:
    """Return the span of length `within` that contains `at` and has the most gifts; among equals, the one with the
    largest sum. `gifts` are ordered by payment."""
    times = [gift.paid_at for gift in gifts]
    best = NOT_RAPID
    for end in range(bisect_left(times, at), bisect_right(times, at + within)):
        span = gifts[bisect_left(times, times[end] - within) : end + 1]
        amount_minor = sum(gift.amount_minor for gift in span)
        if (len(span), amount_minor) > (best.donations, best.sum_minor):
            best = RapidGiving(len(span), amount_minor, tuple(gift.donation_id for gift in span))
    return best
