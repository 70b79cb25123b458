"""Strategies: pots with random rules, donations, and the capacity that is left."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from matching.allocate import AllocationRequest, Capacity, Offer
from matching.rules import CAPS, Caps, Rules, Scope, Target

HERE = Target(1, "village", "micro", ("41", "4101", "410101", "41010101"), "4101", 3)
PLENTY = 10**12  # fen

whole_ratios = st.sampled_from([10_000, 10_000, 10_000, 15_000, 20_000, 30_000, 100_000])
ratios = st.one_of(whole_ratios, st.integers(1, 100_000))
limits = st.one_of(st.none(), st.integers(1, 3_000))
caps = st.builds(Caps, *[limits] * len(CAPS))


def rules(ratio: Any = ratios, cap: Any = caps) -> Any:
    return st.builds(
        Rules, ratio_bps=ratio, scope=st.just(Scope()), minimum_minor=st.sampled_from([0, 0, 100, 900]), caps=cap
    )


ME = {"donor_day_minor": ("me", "2026-09-09"), "donor_minor": "me", "project_minor": 1, "county_minor": "4101"}


class PotSetup(NamedTuple):
    """Pots in order, what is available in them, and what is used of their caps: (pot, cap) -> fen."""

    offers: list[Offer]
    available: dict[int, int]
    used: dict[tuple[int, str], int]

    def capacity(self, **other: dict[int, int]) -> Capacity:
        """Return a fresh capacity, with other amounts `available` if given."""
        capacity = Capacity(dict(other.get("available", self.available)))
        for (pot, cap), amount in self.used.items():
            capacity.add_usage(pot, cap, ME[cap], amount)
        return capacity

    def bottomless(self) -> Capacity:
        """The same caps, and pots that never run out."""
        return self.capacity(available=dict.fromkeys(self.available, PLENTY))

    def bigger(self, pot: int, by: int) -> Capacity:
        return self.capacity(available=self.available | {pot: self.available[pot] + by})

    def rules(self, pot: int) -> Rules:
        return next(offer.rules for offer in self.offers if offer.pot_id == pot)


@st.composite
def pots(draw: Any, ratio: Any = ratios, cap: Any = caps, most: int = 4) -> PotSetup:
    """Up to `most` pots in order, nearly always poor ones, with caps that are partly used up."""
    numbers = range(1, draw(st.integers(1, most)) + 1)
    offers = [Offer.of(pot, 100 + pot, draw(rules(ratio, cap)), pot) for pot in numbers]
    sizes = st.one_of(st.integers(0, 3_000), st.just(PLENTY), st.integers(-5, 0))
    some = st.one_of(st.just(0), st.integers(0, 2_000))
    return PotSetup(
        offers, {pot: draw(sizes) for pot in numbers}, {(pot, cap_): draw(some) for pot in numbers for cap_ in ME}
    )


donations = st.integers(1, 5_000).map(lambda amount: AllocationRequest(amount, HERE, "me", "2026-09-09"))
