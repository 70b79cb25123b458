"""PURE. What the screening rules look at: a donation, and what is around it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class MatchedDonation(NamedTuple):
    """A matched donation as the rules see it; amounts in fen.

    `cap_minor` is the amount from which a pot's cap per donation or donor cuts the match, None if no cap applies.
    `donor` is the donor key whose caps it counts against: compared, never shown.
    """

    donation_id: UUID
    amount_minor: int
    refunded_minor: int
    paid_at: datetime
    cap_minor: int | None = None
    donor: str = ""
    instrument: str = ""  # "" while unknown; compared, never shown


class Burst(NamedTuple):
    """Donations of the same amount at one place and time: how many, out of how many, and some of their ids."""

    same: int
    total: int
    donation_ids: tuple[UUID, ...] = ()


NO_BURST = Burst(0, 0)


class RapidGiving(NamedTuple):
    """All donations of one donor, matched or not, within the time of a threshold; fen."""

    donations: int
    sum_minor: int
    donation_ids: tuple[UUID, ...] = ()


NOT_RAPID = RapidGiving(0, 0)


class CapUse(NamedTuple):
    """An instrument's match from one pot, under all donor keys, up to and including a donation; fen."""

    pot_id: int
    cap: str  # donor_minor or donor_day_minor
    limit_minor: int
    used_minor: int


class NetworkWarning(NamedTuple):
    """An early fraud warning of the card's network about a donation's payment."""

    reference: str  # the provider's id
    fraud_type: str
    warned_at: datetime


@dataclass(frozen=True, slots=True)
class ScreeningContext:
    """What the rules compare a donation with; its instrument's, donor's and device's donations include itself."""

    of_instrument: Sequence[MatchedDonation] = ()
    of_donor: Sequence[MatchedDonation] = ()
    of_device: Sequence[MatchedDonation] = ()
    same_sum: Burst = NO_BURST  # new donors only
    unit: Burst = NO_BURST
    staff: bool = False  # the contact is of staff of the organisation that executes the project, or of one above it
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
    """Return the span of this length with the most gifts that contains `at`; of equal ones that with the larger
    sum. `gifts` in the order of their payment."""
    times = [gift.paid_at for gift in gifts]
    best = NOT_RAPID
    for end in range(bisect_left(times, at), bisect_right(times, at + within)):
        span = gifts[bisect_left(times, times[end] - within) : end + 1]
        amount_minor = sum(gift.amount_minor for gift in span)
        if (len(span), amount_minor) > (best.donations, best.sum_minor):
            best = RapidGiving(len(span), amount_minor, tuple(gift.donation_id for gift in span))
    return best
