"""PURE. The thresholds of screening (刷单套捐) and their bounds.

All values are our defaults; no regulation fixes them. A campaign may set others within the bounds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from kernel.errors import Fault, Invalid, fault


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Amounts in fen, times in seconds, shares in basis points.

    All are wide, because a hold costs an honest donor's trust, and families and offices do share a card. Those of
    bursts are the widest: the page offers amounts to choose from, so hundreds of new donors giving the same amount
    within minutes are typical of a popular village, and so is a partner's batch of 1,000 equal donations.
    """

    small_minor: int = 10_00
    small_count: int = 30  # small amounts of one donor or instrument within the window
    small_within_s: int = 3600
    same_sum_count: int = 1_500  # new donors who gave the same amount to the same project
    same_sum_within_s: int = 300
    same_sum_share_bps: int = 8_000  # of all donations at that time, because real crowds give many amounts
    at_cap_below_bps: int = 200  # how far below a cap an amount still counts as at the cap
    at_cap_count: int = 10
    refund_count: int = 5  # refunded matched donations of one donor or instrument
    rapid_count: int = 24  # donations of one donor within the time span, matched or not; or their sum
    rapid_minor: int = 100_000_00
    rapid_within_s: int = 3600
    unit_count: int = 1_500  # donations of the same amount from one team or source code
    unit_within_s: int = 600
    unit_share_bps: int = 8_000
    # One device under several contacts. These are wider still: a volunteer's tablet serves a queue of honest
    # donors, one donation per minute, who all give the amount on the poster.
    device_donors: int = 3  # different donors among those counted, because couples share a phone
    device_small_count: int = 100
    device_at_cap_count: int = 200
    device_refund_count: int = 15


class Bounds(NamedTuple):
    """The lowest and highest value of a setting, in its own unit."""

    least: int
    most: int


# A pattern needs at least two donations. The upper bounds are what the job can load in one batch: the donations of
# one donor, and one hour of a project or unit.
_PERSON = Bounds(2, 1_000)
_CROWD = Bounds(2, 100_000)
_HOUR = Bounds(10, 3_600)
_SHARE = Bounds(1_000, 10_000)
BOUNDS: dict[str, Bounds] = {
    "small_minor": Bounds(1, 50_000_00),
    "small_count": _PERSON,
    "small_within_s": Bounds(60, 7 * 86_400),
    "same_sum_count": _CROWD,
    "same_sum_within_s": _HOUR,
    "same_sum_share_bps": _SHARE,
    "at_cap_below_bps": Bounds(0, 5_000),
    "at_cap_count": _PERSON,
    "refund_count": _PERSON,
    "rapid_count": _PERSON,
    "rapid_minor": Bounds(1_00, 1_000_000_000_00),
    "rapid_within_s": Bounds(60, 7 * 86_400),
    "unit_count": _CROWD,
    "unit_within_s": _HOUR,
    "unit_share_bps": _SHARE,
    "device_donors": _PERSON,
    "device_small_count": _PERSON,
    "device_at_cap_count": _PERSON,
    "device_refund_count": _PERSON,
}


def require_valid_settings(settings: Mapping[str, object]) -> None:
    """Raise Invalid `screening_invalid` with every setting that is unknown or out of bounds. None is valid and
    stands for the default."""
    faults = {name: reason for name, value in settings.items() if (reason := _fault(name, value))}
    if faults:
        raise Invalid("screening_invalid", fields=faults)


def _fault(name: str, value: object) -> Fault | None:
    if name not in BOUNDS:
        return fault("unknown_setting")
    least, most = BOUNDS[name]
    if value is None or (type(value) is int and least <= value <= most):
        return None
    return fault("out_of_range", least=least, most=most)


def default_thresholds(overrides: Mapping[str, int]) -> Thresholds:
    """Return the defaults of an installation (`Dependencies.screening_defaults`)."""
    return with_overrides(Thresholds(), overrides)


def with_overrides(defaults: Thresholds, overrides: Mapping[str, int]) -> Thresholds:
    """Return the defaults with stored values applied. Stored names that are no longer settings are ignored."""
    return replace(defaults, **{name: value for name, value in overrides.items() if name in BOUNDS})


def as_dict(thresholds: Thresholds) -> dict[str, int]:
    """Return the thresholds by name, in the order in which pages show them."""
    return asdict(thresholds)
