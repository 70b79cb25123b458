"""PURE. Divide a project's money among its shares (分账): by basis points, exact to the fen."""

from typing import NamedTuple

from kernel.errors import Fault, fault
from kernel.money import BPS_WHOLE, split
from ledger.chart import AccountKind


class Shares(NamedTuple):
    """The shares of a project's money in basis points, 10,000 in all. By default all of it is the project's."""

    project_bps: int = BPS_WHOLE
    township_bps: int = 0
    management_bps: int = 0


class Parts(NamedTuple):
    """Amounts of a project's shares, in fen: what they have, gain or lose."""

    project_minor: int = 0
    township_minor: int = 0
    management_minor: int = 0
    fees_minor: int = 0

    @property
    def total_minor(self) -> int:
        return sum(self)

    def minus(self, other: "Parts") -> "Parts":
        return Parts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def not_below(self, least: "Parts") -> "Parts":
        return Parts(*map(max, self, least))


# The account of each part, in the order of `Parts`.
ACCOUNTS = (
    AccountKind.SHARE_PROJECT,
    AccountKind.SHARE_TOWNSHIP,
    AccountKind.SHARE_MANAGEMENT,
    AccountKind.SHARE_FEES,
)


def divide(total_minor: int, fees_minor: int, shares: Shares) -> Parts:
    """Divide the income of a project, in fen.

    First the fees that its donations bear are taken off, at most all of it; the rest is divided among the shares by
    largest remainder. The parts sum to the total. A total below zero counts as zero.
    """
    total_minor = max(total_minor, 0)
    fees_minor = min(max(fees_minor, 0), total_minor)
    return Parts._make((*split(total_minor - fees_minor, shares), fees_minor))


def shares_faults(shares: Shares, management_most_bps: int) -> dict[str, Fault]:
    """Return the faults of shares: each must be from 0 to 10,000, their sum 10,000, and management within its
    ceiling."""
    out_of_range = fault("share_out_of_range", least_share_bps=0, most_share_bps=BPS_WHOLE)
    faults = {name: out_of_range for name, bps in shares._asdict().items() if not 0 <= bps <= BPS_WHOLE}
    if not faults and sum(shares) != BPS_WHOLE:
        faults["project_bps"] = fault("shares_not_whole", sum_share_bps=sum(shares))
    if not faults and shares.management_bps > management_most_bps:
        faults["management_bps"] = fault("above_ceiling", most_share_bps=management_most_bps)
    return faults
