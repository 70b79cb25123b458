"""What a sum buys in a village, as a number of units that can be drawn."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.disclosure.project_page import ProjectPage
from campaigns.disclosure.totals import PotView
from kernel.money import BPS_WHOLE

SUMS_MINOR = (50_00, 100_00, 200_00, 500_00)  # common gifts; a unit that costs more is shown with its price
MOST_DRAWN = 10


class Worth(NamedTuple):
    """`sum_minor` fen buy `units` units, exactly or roughly; `drawn` of them are drawn."""

    sum_minor: int
    units: int
    exact: bool
    matched: bool

    @property
    def drawn(self) -> int:
        return min(self.units, MOST_DRAWN)


def worth(page: ProjectPage, pots: Sequence[PotView], *, matching: bool) -> Worth | None:
    """Return what the smallest common sum that buys a unit is worth; None if the project names no unit price.

    `matched`: whether an open pot would double this sum now. Not guaranteed: it may be spent a moment later.
    """
    price = page.unit_price_minor
    if not price:
        return None
    sum_minor = next((usual for usual in SUMS_MINOR if usual >= price), price)
    doubled = any(_doubles(pot, sum_minor) for pot in pots)
    return Worth(sum_minor, sum_minor // price, sum_minor % price == 0, matching and doubled)


def _doubles(pot: PotView, sum_minor: int) -> bool:
    at_once = pot.kind == "ratio" and not pot.locked and pot.available_minor >= sum_minor
    return at_once and bool(pot.rules) and pot.rules.get("ratio_bps", 0) >= BPS_WHOLE
