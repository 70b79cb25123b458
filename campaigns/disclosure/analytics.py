"""Analytics for those who run campaigns: paid donations by hour, channel, source, team, county and amount, and how
many donors came back. With a branch, only donations to its projects are counted.

Amounts are in fen, less refunds. The counts of a campaign are kept by the job `analytics`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.analytics.cells import WHOLE, Cell, Donors
from campaigns.analytics.kept import counted
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.network.models import Organisation
from kernel.db import Tx

DIMENSIONS = ("hour", "channel", "county", "band", "team", "source")
MOST_LINES = 40  # of teams and sources; the largest are kept


class Line(NamedTuple):
    """The donations of one value of a dimension. `key` is the hour since the campaign opened, a code, or a name."""

    dimension: str
    key: str
    name: str
    donations: int
    given_minor: int


class Analytics(NamedTuple):
    """The analytics of a campaign at a time. `donors` is None for a branch, because donors are counted by
    campaign."""

    at: datetime
    lines: list[Line]
    donors: Donors | None

    def of(self, dimension: str) -> list[Line]:
        """Return the lines of a dimension: hours and bands in their order, others largest first."""
        lines = [line for line in self.lines if line.dimension == dimension]
        if dimension in ("hour", "band"):
            return sorted(lines, key=lambda line: int(line.key))
        return sorted(lines, key=lambda line: (-line.given_minor, line.key))[:MOST_LINES]

    @property
    def whole(self) -> Line:
        """All donations together."""
        return next((line for line in self.lines if line.dimension == WHOLE), Line(WHOLE, "", "", 0, 0))


def analytics(tx: Tx, campaign: Campaign, branch: str | None = None) -> Analytics:
    """Return the analytics of a campaign."""
    now = counted(tx, campaign, branch)
    return Analytics(now.at, _lines(tx, now.cells), now.donors)


def _lines(tx: Tx, cells: Sequence[Cell]) -> list[Line]:
    """Add up the counts of all places; the counties are the places themselves."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for cell in cells:
        keys = [(cell.dimension, cell.key)]
        if cell.dimension == WHOLE:
            keys.append(("county", cell.place_code))
        for key in keys:
            donations, given_minor = sums.get(key, (0, 0))
            sums[key] = donations + cell.donations, given_minor + cell.given_minor
    places = [key for dimension, key in sums if dimension == "county"]
    named = select(Organisation.code, Organisation.name).where(col(Organisation.code).in_(places))
    names = dict(tx.all(named))
    return [
        Line(dimension, key, names.get(key, key) if dimension == "county" else key, *figures)
        for (dimension, key), figures in sums.items()
    ]


def campaign_before(tx: Tx, campaign: Campaign) -> Campaign | None:
    """Return the previous campaign of the same host, usually last year's."""
    earlier = select(Campaign).where(
        Campaign.host_code == campaign.host_code,
        col(Campaign.opens_at) < campaign.opens_at,
        col(Campaign.phase).not_in([Phase.DRAFT, Phase.CANCELLED]),
    )
    return tx.first(earlier.order_by(col(Campaign.opens_at).desc()))
