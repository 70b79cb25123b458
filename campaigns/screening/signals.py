"""PURE. Signals that a donation may have been made to drain the match (刷单套捐), found by small rules on its
context.

A signal decides nothing. It records counts and the thresholds applied, so that a reviewer can decide. Evidence
contains numbers and donation ids, no personal data.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.donations.donors.identity import is_contact_key
from campaigns.screening.observed import Burst, MatchedDonation, NetworkWarning, RapidGiving, ScreeningContext
from campaigns.screening.thresholds import Thresholds, as_dict
from kernel.money import BPS_WHOLE

FRAUD_WARNING = "fraud_warning"
SHOWN = 50  # most donation ids that a signal shows; our default


class Signal(NamedTuple):
    """A signal: its stable code and its evidence (fen, counts, donation ids).

    `evidence["limits"]` has the thresholds that were applied. `donation_ids` are all known donations of the
    pattern, some of which the evidence shows.
    """

    code: str
    evidence: dict[str, Any]
    donation_ids: tuple[UUID, ...] = ()


Rule = Callable[[MatchedDonation, ScreeningContext, Thresholds], list[Signal]]


def signals(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> tuple[Signal, ...]:
    """Return all signals of a donation in a fixed order; nearly every donation has none. Never raises."""
    return tuple(
        _with_thresholds(signal, thresholds) for rule in RULES for signal in rule(donation, context, thresholds)
    )


def _with_thresholds(signal: Signal, thresholds: Thresholds) -> Signal:
    """Add the applied thresholds to the evidence, because a campaign may change them later."""
    prefixes = THRESHOLD_PREFIXES[signal.code]
    applied = {name: value for name, value in as_dict(thresholds).items() if name.startswith(prefixes)}
    return signal._replace(evidence=signal.evidence | {"limits": applied}) if applied else signal


def small_sums(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect many small amounts from one instrument or one donor (phone, e-mail, or visitor cookie without
    either)."""
    hits = []
    for code, others in (("small_instrument", context.of_instrument), ("small_donor", context.of_donor)):
        small = _small(donation, others, thresholds)
        if small and len(small) >= thresholds.small_count:
            hits.append(_pattern(code, small, within_s=thresholds.small_within_s))
    return hits


def same_sum(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect the same amount to the same project by many new donors within minutes."""
    burst = context.same_sum
    if burst.same < thresholds.same_sum_count or not _uniform(burst, thresholds.same_sum_share_bps):
        return []
    return [_burst("same_sum", donation, burst, thresholds.same_sum_within_s)]


def at_cap(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect repeated amounts just at a cap, from one instrument or one donor."""
    capped = _at_caps(donation, (*context.of_instrument, *context.of_donor), thresholds)
    if not capped or len(capped) < thresholds.at_cap_count:
        return []
    return [_pattern("at_cap", capped, cap_minor=donation.cap_minor)]


def refund_after_match(
    donation: MatchedDonation,  # noqa: ARG001
    context: ScreeningContext,
    thresholds: Thresholds,
) -> list[Signal]:
    """Detect several refunded matched donations of one donor or instrument."""
    refunded = _refunded((*context.of_instrument, *context.of_donor))
    if len(refunded) < thresholds.refund_count:
        return []
    return [_pattern("refund_after_match", refunded, refunded_minor=_refunded_minor(refunded))]


def rapid_giving(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect very many donations or a very large sum of one donor within a short time, matched or not."""
    rapid = (
        context.rapid if context.rapid.donations else RapidGiving(1, donation.amount_minor, (donation.donation_id,))
    )
    if rapid.donations < thresholds.rapid_count and rapid.sum_minor < thresholds.rapid_minor:
        return []
    evidence = {
        "count": rapid.donations,
        "sum_minor": rapid.sum_minor,
        "within_s": thresholds.rapid_within_s,
        "donations": [str(donation_id) for donation_id in rapid.donation_ids[-SHOWN:]],
    }
    return [Signal("rapid_giving", evidence, rapid.donation_ids)]


def staff(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:  # noqa: ARG001
    """Detect a donor who works for the organisation that executes the project, or for one above it."""
    return [Signal("staff", {"amount_minor": donation.amount_minor})] if context.staff else []


def unit_burst(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect the same amount many times from one team or source code."""
    burst = context.unit
    if burst.same < thresholds.unit_count or not _uniform(burst, thresholds.unit_share_bps):
        return []
    return [_burst("unit_burst", donation, burst, thresholds.unit_within_s)]


def instrument_cap(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:  # noqa: ARG001
    """Detect an instrument that passed a cap per donor under several donor keys. It is known only after payment."""
    return [
        Signal("instrument_cap", use._asdict() | {"over_minor": use.used_minor - use.limit_minor})
        for use in context.caps
        if use.used_minor > use.limit_minor
    ]


def one_device(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:
    """Detect small amounts, amounts at a cap, or refunds, from one device under several contacts.

    A queue at a volunteer's tablet is no pattern, so donors with a contact and an instrument of their own are not
    counted. For the rest, the evidence has the number of contacts.
    """
    merged = _not_told_apart(context.of_device)
    if donation.donation_id not in {other.donation_id for other in merged}:
        return []
    small = _small(donation, merged, thresholds)
    capped = _at_caps(donation, merged, thresholds)
    refunded = _refunded(merged)
    counted = (
        ("small_device", small, thresholds.device_small_count, {"within_s": thresholds.small_within_s}),
        ("at_cap_device", capped, thresholds.device_at_cap_count, {"cap_minor": donation.cap_minor}),
        ("refund_device", refunded, thresholds.device_refund_count, {"refunded_minor": _refunded_minor(refunded)}),
    )
    return [
        _pattern(code, donations, donors=donors, **evidence)
        for code, donations, least, evidence in counted
        if donations
        and len(donations) >= least
        and (donors := len({other.donor for other in donations})) >= thresholds.device_donors
    ]


def watched(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:  # noqa: ARG001
    """Detect a donor, instrument or device on the watch list."""
    return [Signal(f"watched_{kind}", {"entry": entry_id}) for kind, entry_id in context.watched]


def fraud_warning(donation: MatchedDonation, context: ScreeningContext, thresholds: Thresholds) -> list[Signal]:  # noqa: ARG001
    """Detect a fraud warning of the card network, after which a dispute is likely."""
    return [warning_signal(warning) for warning in context.warnings]


def warning_signal(warning: NetworkWarning) -> Signal:
    """Return the signal of an early fraud warning."""
    evidence = {
        "warning": warning.reference,
        "fraud_type": warning.fraud_type,
        "warned_at": warning.warned_at.isoformat(),
    }
    return Signal(FRAUD_WARNING, evidence)


RULES: tuple[Rule, ...] = (
    small_sums,
    same_sum,
    at_cap,
    refund_after_match,
    rapid_giving,
    staff,
    unit_burst,
    instrument_cap,
    one_device,
    watched,
    fraud_warning,
)
# Name prefixes of the thresholds that each signal applies; none for signals without a count.
THRESHOLD_PREFIXES: dict[str, tuple[str, ...]] = {
    "small_instrument": ("small_",),
    "small_donor": ("small_",),
    "same_sum": ("same_sum_",),
    "at_cap": ("at_cap_",),
    "refund_after_match": ("refund_",),
    "rapid_giving": ("rapid_",),
    "staff": (),
    "unit_burst": ("unit_",),
    "instrument_cap": (),
    "small_device": ("small_minor", "small_within_s", "device_donors", "device_small_"),
    "at_cap_device": ("at_cap_below_", "device_donors", "device_at_cap_"),
    "refund_device": ("device_donors", "device_refund_"),
    "watched_donor": (),
    "watched_instrument": (),
    "watched_device": (),
    FRAUD_WARNING: (),
}


def related_donations(signals: Sequence[Signal]) -> set[UUID]:
    """Return the donations that belong to the same patterns."""
    return {donation_id for signal in signals for donation_id in signal.donation_ids}


def _small(
    donation: MatchedDonation, others: Sequence[MatchedDonation], thresholds: Thresholds
) -> list[MatchedDonation]:
    """Return the small donations close in time to a small donation."""
    if donation.amount_minor > thresholds.small_minor:
        return []
    window = timedelta(seconds=thresholds.small_within_s)
    return [
        other
        for other in others
        if other.amount_minor <= thresholds.small_minor and abs(donation.paid_at - other.paid_at) <= window
    ]


def _at_caps(
    donation: MatchedDonation, others: Sequence[MatchedDonation], thresholds: Thresholds
) -> list[MatchedDonation]:
    """Return the donations just at a cap, each once; none unless this donation is at a cap."""
    if not _at_cap(donation, thresholds):
        return []
    return list({other.donation_id: other for other in others if _at_cap(other, thresholds)}.values())


def _at_cap(donation: MatchedDonation, thresholds: Thresholds) -> bool:
    if donation.cap_minor is None:
        return False
    least = donation.cap_minor * (BPS_WHOLE - thresholds.at_cap_below_bps)
    return least <= donation.amount_minor * BPS_WHOLE <= donation.cap_minor * BPS_WHOLE


def _not_told_apart(donations: Sequence[MatchedDonation]) -> list[MatchedDonation]:
    """Return the donations of a device, except those of donors who left a contact and paid by an instrument that no
    other donor on the device used."""
    donors_of: dict[str, set[str]] = defaultdict(set)
    for donation in donations:
        donors_of[donation.instrument].add(donation.donor)
    return [
        donation
        for donation in donations
        if not (donation.instrument and is_contact_key(donation.donor) and len(donors_of[donation.instrument]) == 1)
    ]


def _refunded(donations: Sequence[MatchedDonation]) -> list[MatchedDonation]:
    """Return the donations that were refunded in full or in part, each once."""
    return list({donation.donation_id: donation for donation in donations if donation.refunded_minor > 0}.values())


def _refunded_minor(donations: Sequence[MatchedDonation]) -> int:
    return sum(donation.refunded_minor for donation in donations)


def _uniform(burst: Burst, share_bps: int) -> bool:
    return burst.same * BPS_WHOLE >= burst.total * share_bps


def _pattern(code: str, donations: Sequence[MatchedDonation], **evidence: Any) -> Signal:
    """Return a signal of several donations together."""
    counted = {
        "count": len(donations),
        "sum_minor": sum(donation.amount_minor for donation in donations),
        "donations": [str(donation.donation_id) for donation in donations[-SHOWN:]],
    }
    return Signal(code, counted | evidence, tuple(donation.donation_id for donation in donations))


def _burst(code: str, donation: MatchedDonation, burst: Burst, within_s: int) -> Signal:
    """Return a signal of a burst, of which only some donations are known here."""
    evidence = {
        "count": burst.same,
        "of": burst.total,
        "amount_minor": donation.amount_minor,
        "within_s": within_s,
        "donations": [str(donation_id) for donation_id in burst.donation_ids[:SHOWN]],
    }
    return Signal(code, evidence, burst.donation_ids)
