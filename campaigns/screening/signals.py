"""PURE. Signs that a donation was made to drain the match (刷单套捐): small rules on what lies around it.

A sign never decides anything: it says what was counted, and by which thresholds, so that a person can. Evidence
holds numbers and ids of donations, nothing personal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.screening.thresholds import Thresholds, as_numbers
from kernel.money import BPS_WHOLE

SHOWN = 50  # ids of donations that a signal names, at most (ours)


class Signal(NamedTuple):
    """A sign: its stable code, and what was counted (fen, numbers, ids of donations). Under `limits` stand the
    thresholds by which it is a sign. `alike` are all donations of the pattern; evidence names some."""

    code: str
    evidence: dict[str, Any]
    alike: tuple[UUID, ...] = ()


class MatchedDonation(NamedTuple):
    """A donation that got match, as screening sees it; fen. `cap_minor` is the gift at which a pot's cap for a
    single donation or donor begins to bite, None when none applies. `donor` is whose caps it counts against:
    compared, never told."""

    donation_id: UUID
    amount_minor: int
    refunded_minor: int
    paid_at: datetime
    cap_minor: int | None = None
    donor: str = ""


class Burst(NamedTuple):
    """Donations of the same sum around one moment, among all that came to the same place then."""

    same: int
    all: int
    donations: tuple[UUID, ...] = ()  # some of the same sum


NO_BURST = Burst(0, 0)


class CapUse(NamedTuple):
    """One instrument's match from one pot, over all the names it gave under, up to and with this donation."""

    pot_id: int
    cap: str  # donor_minor or donor_day_minor
    limit_minor: int
    used_minor: int


@dataclass(frozen=True, slots=True)
class ScreeningContext:
    """What lies around a donation. The gifts of the same instrument, donor and device hold it as well."""

    of_instrument: Sequence[MatchedDonation] = ()
    of_donor: Sequence[MatchedDonation] = ()
    of_device: Sequence[MatchedDonation] = ()
    same_sum: Burst = NO_BURST  # counting only new donors as the same
    unit: Burst = NO_BURST
    staff: bool = False  # the contact belongs to the organisation that executes the project
    caps: Sequence[CapUse] = ()
    watched: Sequence[tuple[str, int]] = ()  # donor, instrument or device, and the entry of the watch list


Rule = Callable[[MatchedDonation, ScreeningContext, Thresholds], list[Signal]]


def signals(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> tuple[Signal, ...]:
    """All signs that a donation gives, in a fixed order; empty for nearly every donation. Never raises."""
    return tuple(_judged(signal, limits) for rule in RULES for signal in rule(gift, around, limits))


def _judged(signal: Signal, limits: Thresholds) -> Signal:
    """The sign with the thresholds that it was judged by: they may be others tomorrow."""
    read = {name: value for name, value in as_numbers(limits).items() if name.startswith(READS[signal.code])}
    return signal._replace(evidence=signal.evidence | {"limits": read}) if read else signal


def small_sums(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:
    """Many small sums from one instrument, or from one donor (phone, mail, or the device of a visitor without)."""
    found = []
    for code, gifts in (("small_instrument", around.of_instrument), ("small_donor", around.of_donor)):
        near = _small(gift, gifts, limits)
        if near and len(near) >= limits.small_count:
            found.append(_pattern(code, near, within_s=limits.small_within_s))
    return found


def same_sum(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:
    """The same sum to the same project by many new donors within minutes."""
    crowd = around.same_sum
    if crowd.same < limits.same_sum_count or not _uniform(crowd, limits.same_sum_share_bps):
        return []
    return [_crowd("same_sum", gift, crowd, limits.same_sum_within_s)]


def at_cap(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:
    """Again and again just the sum that a cap still matches, from one instrument or one donor."""
    alike = _at_caps(gift, (*around.of_instrument, *around.of_donor), limits)
    if not alike or len(alike) < limits.at_cap_count:
        return []
    return [_pattern("at_cap", alike, cap_minor=gift.cap_minor)]


def refund_after_match(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:  # noqa: ARG001
    """One person takes back one matched donation after the other, and gives again."""
    taken = _taken((*around.of_instrument, *around.of_donor))
    if len(taken) < limits.refund_count:
        return []
    return [_pattern("refund_after_match", taken, refunded_minor=_refunded(taken))]


def staff(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:  # noqa: ARG001
    """The donor works for the organisation that executes the project."""
    return [Signal("staff", {"amount_minor": gift.amount_minor})] if around.staff else []


def unit_burst(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:
    """One team or source code brings the same sum over and over."""
    crowd = around.unit
    if crowd.same < limits.unit_count or not _uniform(crowd, limits.unit_share_bps):
        return []
    return [_crowd("unit_burst", gift, crowd, limits.unit_within_s)]


def instrument_cap(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:  # noqa: ARG001
    """A cap of one donor was passed with one instrument under several names: known only after paying."""
    return [
        Signal("instrument_cap", use._asdict() | {"over_minor": use.used_minor - use.limit_minor})
        for use in around.caps
        if use.used_minor > use.limit_minor
    ]


def one_device(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:
    """Small sums, sums at a cap, or gifts taken back, from one device under several contacts. The evidence says
    under how many: a farm and a queue before a volunteer's tablet look alike to a machine, not to a person."""
    small = _small(gift, around.of_device, limits)
    capped = _at_caps(gift, around.of_device, limits)
    taken = _taken(around.of_device)
    counted = (
        ("small_device", small, limits.device_small_count, {"within_s": limits.small_within_s}),
        ("at_cap_device", capped, limits.device_at_cap_count, {"cap_minor": gift.cap_minor}),
        ("refund_device", taken, limits.device_refund_count, {"refunded_minor": _refunded(taken)}),
    )
    return [
        _pattern(code, gifts, donors=donors, **more)
        for code, gifts, least, more in counted
        if gifts and len(gifts) >= least and (donors := len({one.donor for one in gifts})) >= limits.device_donors
    ]


def watched(gift: MatchedDonation, around: ScreeningContext, limits: Thresholds) -> list[Signal]:  # noqa: ARG001
    """A person asked to look at whatever comes from this donor, instrument or device."""
    return [Signal(f"watched_{kind}", {"entry": entry}) for kind, entry in around.watched]


RULES: tuple[Rule, ...] = (
    small_sums,
    same_sum,
    at_cap,
    refund_after_match,
    staff,
    unit_burst,
    instrument_cap,
    one_device,
    watched,
)
# How the names of the thresholds begin that a sign is judged by; none are read by those that count nothing.
READS: dict[str, tuple[str, ...]] = {
    "small_instrument": ("small_",),
    "small_donor": ("small_",),
    "same_sum": ("same_sum_",),
    "at_cap": ("at_cap_",),
    "refund_after_match": ("refund_",),
    "staff": (),
    "unit_burst": ("unit_",),
    "instrument_cap": (),
    "small_device": ("small_minor", "small_within_s", "device_donors", "device_small_"),
    "at_cap_device": ("at_cap_below_", "device_donors", "device_at_cap_"),
    "refund_device": ("device_donors", "device_refund_"),
    "watched_donor": (),
    "watched_instrument": (),
    "watched_device": (),
}


def named(found: Sequence[Signal]) -> set[UUID]:
    """The donations that signals name: they belong to the same pattern."""
    return {one for signal in found for one in signal.alike}


def _small(gift: MatchedDonation, gifts: Sequence[MatchedDonation], limits: Thresholds) -> list[MatchedDonation]:
    """The small ones around a small gift."""
    if gift.amount_minor > limits.small_minor:
        return []
    return [
        one for one in gifts if one.amount_minor <= limits.small_minor and _near(gift, one, limits.small_within_s)
    ]


def _at_caps(gift: MatchedDonation, gifts: Sequence[MatchedDonation], limits: Thresholds) -> list[MatchedDonation]:
    """Those just at a cap, each once, when this one is."""
    if not _at_cap(gift, limits):
        return []
    return list({one.donation_id: one for one in gifts if _at_cap(one, limits)}.values())


def _taken(gifts: Sequence[MatchedDonation]) -> list[MatchedDonation]:
    """Those of which something went back, each once."""
    return list({one.donation_id: one for one in gifts if one.refunded_minor > 0}.values())


def _refunded(gifts: Sequence[MatchedDonation]) -> int:
    return sum(one.refunded_minor for one in gifts)


def _near(gift: MatchedDonation, other: MatchedDonation, seconds: int) -> bool:
    return abs(gift.paid_at - other.paid_at) <= timedelta(seconds=seconds)


def _at_cap(gift: MatchedDonation, limits: Thresholds) -> bool:
    if gift.cap_minor is None:
        return False
    least = gift.cap_minor * (BPS_WHOLE - limits.at_cap_below_bps)
    return least <= gift.amount_minor * BPS_WHOLE <= gift.cap_minor * BPS_WHOLE


def _uniform(crowd: Burst, share_bps: int) -> bool:
    return crowd.same * BPS_WHOLE >= crowd.all * share_bps


def _pattern(code: str, gifts: Sequence[MatchedDonation], **more: Any) -> Signal:
    """The sign that these gifts together are."""
    evidence = {
        "count": len(gifts),
        "sum_minor": sum(one.amount_minor for one in gifts),
        "donations": [str(one.donation_id) for one in gifts[-SHOWN:]],
    }
    return Signal(code, evidence | more, tuple(one.donation_id for one in gifts))


def _crowd(code: str, gift: MatchedDonation, crowd: Burst, within_s: int) -> Signal:
    """The sign that a crowd of one sum is; of its donations only some are known here."""
    evidence = {
        "count": crowd.same,
        "of": crowd.all,
        "amount_minor": gift.amount_minor,
        "within_s": within_s,
        "donations": [str(one) for one in crowd.donations[:SHOWN]],
    }
    return Signal(code, evidence, crowd.donations)
