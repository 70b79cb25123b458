"""What the sources of a campaign brought in, through our own pages and through platforms."""

from datetime import datetime
from typing import NamedTuple

from campaigns.analytics.kept import current
from campaigns.analytics.sources import MOST_PLATFORM_SOURCES, SourceTotals, totals_of_sources
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.source_clicks import clicks_of
from campaigns.lifecycle.sources import Source, sources_of
from kernel.db import Tx

__all__ = ["MOST_PLATFORM_SOURCES", "SourceFigures", "Sources", "figures_of_sources"]


class SourceFigures(NamedTuple):
    """The clicks on a source's link, and the donations that came with its code; fen.

    `firsts`: clicks of browsers that came from no other source before. `donations` are paid; `raised_minor` is less
    refunds.
    """

    code: str
    clicks: int = 0
    firsts: int = 0
    donations: int = 0
    donors: int = 0
    raised_minor: int = 0
    matched_minor: int = 0


class Sources(NamedTuple):
    """The sources of a campaign with their figures, and those that platforms named by codes of their own, each list
    with most money raised first. `counted_at` is None if the donations were counted just now."""

    counted_at: datetime | None
    registered: list[tuple[Source, SourceFigures]]
    of_platforms: list[SourceTotals]


def figures_of_sources(tx: Tx, campaign: Campaign) -> Sources:
    """Return what the sources of a campaign brought. In a large campaign the job `analytics` has counted it."""
    assert campaign.id is not None
    sources = sources_of(tx, campaign.id)
    counted_at, totals = totals_of_sources(tx, campaign.id, current(tx, campaign))
    brought = {row.code: row for row in totals if not row.provider}
    clicks = clicks_of(tx, [source.id or 0 for source in sources])

    def figures(source: Source) -> SourceFigures:
        seen = SourceFigures(source.code, *clicks.get(source.id or 0, ()))
        row = brought.get(source.code)
        if row is None:
            return seen
        return seen._replace(
            donations=row.donations,
            donors=row.donors,
            raised_minor=row.raised_minor,
            matched_minor=row.matched_minor,
        )

    pairs = sorted(((source, figures(source)) for source in sources), key=lambda pair: -pair[1].raised_minor)
    of_platforms = [row for row in totals if row.provider]
    return Sources(counted_at, pairs, of_platforms[:MOST_PLATFORM_SOURCES])
