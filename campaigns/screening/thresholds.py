"""PURE. From where on something is a sign of drained match (刷单套捐): the settings of screening and their bounds.

All values are our own choice (ours); no rule text fixes them. A campaign may set others within the bounds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Amounts in fen, times in seconds, shares in basis points; all wide: a hold costs an honest donor's trust,
    and a family or an office does share a card.

    Crowds are counted widest. The page offers sums to choose from, so that the same one from hundreds of new donors
    within minutes is what a popular village looks like, and so is a batch of 1,000 equal gifts of a partner.
    """

    small_minor: int = 10_00
    small_count: int = 30  # small sums of one person around this one
    small_within_s: int = 3600
    same_sum_count: int = 1_500  # new donors who gave the same sum to the same project
    same_sum_within_s: int = 300
    same_sum_share_bps: int = 8_000  # of all that came in then: crowds give many different sums
    at_cap_below_bps: int = 200  # how far below a cap still counts as just at it
    at_cap_count: int = 10
    refund_count: int = 5  # matched donations that one person took back
    unit_count: int = 1_500  # the same sum from one team or source code
    unit_within_s: int = 600
    unit_share_bps: int = 8_000
    # One device under several contacts. Wider still: on a stage a volunteer's tablet serves a queue of honest
    # people, a gift a minute, and all give what the poster says.
    device_donors: int = 3  # different donors among what is counted: two share many a telephone
    device_small_count: int = 100
    device_at_cap_count: int = 200
    device_refund_count: int = 15


class Bounds(NamedTuple):
    """What a setting may be, in its own unit."""

    least: int
    most: int


# A sign needs at least two of something. The upper bounds are what the job can look at in one go: the gifts of
# one person, and an hour of one project or unit (ours).
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
    "unit_count": _CROWD,
    "unit_within_s": _HOUR,
    "unit_share_bps": _SHARE,
    "device_donors": _PERSON,
    "device_small_count": _PERSON,
    "device_at_cap_count": _PERSON,
    "device_refund_count": _PERSON,
}


def check(given: Mapping[str, object]) -> None:
    """Raises Invalid `screening_invalid` that names every setting that there is not or that is out of bounds.
    None stands for the default."""
    wrong = {name: reason for name, value in given.items() if (reason := _fault(name, value))}
    if wrong:
        raise Invalid("screening_invalid", fields=wrong)


def _fault(name: str, value: object) -> str | None:
    if name not in BOUNDS:
        return "is no setting of screening"
    least, most = BOUNDS[name]
    if value is None or (type(value) is int and least <= value <= most):
        return None
    return f"must be a whole number from {least} to {most}"


def installed(overrides: Mapping[str, int]) -> Thresholds:
    """Return the defaults of an installation (`Dependencies.screening_defaults`)."""
    return with_changes(Thresholds(), overrides)


def with_changes(default: Thresholds, stored: Mapping[str, int]) -> Thresholds:
    """Return the default but for what is stored; ignore stored names that are not settings any more."""
    return replace(default, **{name: value for name, value in stored.items() if name in BOUNDS})


def as_numbers(limits: Thresholds) -> dict[str, int]:
    """Name -> value, in the order in which people read them."""
    return asdict(limits)
