"""What the sources of a campaign brought in, through our own pages and through platforms; amounts in fen.

They are counted for whoever looks, in a large campaign by the job `analytics`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from campaigns.analytics.models import AnalyticsRun, AnalyticsSource
from campaigns.lifecycle.models import Campaign, CampaignTally
from kernel.db import Tx

LARGE = 10_000  # paid donations of a campaign whose kept counts are shown; our default
MOST_PLATFORM_SOURCES = 200  # counted and listed

_GIFT = "d.id, d.donor_key, d.amount_minor - d.refunded_minor AS minor"
_COUNTED = "d.paid_at IS NOT NULL AND d.status <> 'refunded'"
# A registered source has neither platform nor kind here: its code counts on our pages and on every platform.
_COUNT = f"""
    WITH gift AS (
         SELECT '' AS provider, '' AS kind, o.code, {_GIFT}
           FROM source o
           JOIN donation d ON d.campaign_id = o.campaign_id AND d.source_code = o.code
          WHERE o.campaign_id = :campaign AND d.source_code <> '' AND d.channel <> 'partner' AND {_COUNTED}
          UNION ALL
         SELECT CASE WHEN o.code IS NULL THEN d.provider ELSE '' END,
                CASE WHEN o.code IS NULL THEN s.kind ELSE '' END, coalesce(o.code, s.code), {_GIFT}
           FROM gift_source s
           JOIN donation d ON d.id = s.donation_id
           LEFT JOIN source o ON o.campaign_id = :campaign AND o.code = lower(s.code)
                             AND s.code IN (o.code, upper(o.code))
          WHERE s.campaign_id = :campaign AND {_COUNTED})
    SELECT g.provider, g.kind, g.code, count(*) AS donations, count(DISTINCT g.donor_key) AS donors,
           CAST(sum(g.minor) AS bigint) AS raised_minor,
           CAST(coalesce(sum(m.minor), 0) AS bigint) AS matched_minor
      FROM gift g
      LEFT JOIN LATERAL (SELECT sum(live_minor) AS minor FROM reservation
                          WHERE donation_id = g.id AND state = 'captured' AND NOT held) m ON true
     GROUP BY g.provider, g.kind, g.code
     ORDER BY g.provider <> '', raised_minor DESC, g.provider, g.kind, g.code
     LIMIT :most + (SELECT count(*) FROM source WHERE campaign_id = :campaign)"""
_KEPT = """
    SELECT provider, kind, code, donations, donors, raised_minor, matched_minor
      FROM analytics_source WHERE campaign_id = :campaign
     ORDER BY provider <> '', raised_minor DESC, provider, kind, code"""


class SourceTotals(NamedTuple):
    """What a source brought: paid donations less refunds, and their match. `provider` is the platform as money
    names it (`partner:NAME`) and `kind` the kind that it named, for a code of its own; both are empty for a
    registered source."""

    provider: str
    kind: str
    code: str
    donations: int
    donors: int
    raised_minor: int
    matched_minor: int


def count_sources(tx: Tx, campaign_id: int) -> list[SourceTotals]:
    """Count what each source brought: the registered ones, and of the others those that raised most."""
    return tx.rows_as(SourceTotals, _COUNT, campaign=campaign_id, most=MOST_PLATFORM_SOURCES)


def totals_of_sources(
    tx: Tx, campaign_id: int, run: AnalyticsRun | None
) -> tuple[datetime | None, list[SourceTotals]]:
    """Return the totals of the sources, and when they were counted if they are those of the last run of the job."""
    tally = tx.get(CampaignTally, campaign_id)
    if run is None or tally is None or tally.donations < LARGE:
        return None, count_sources(tx, campaign_id)
    return run.counted_at, tx.rows_as(SourceTotals, _KEPT, campaign=campaign_id)


def keep_sources(tx: Tx, campaign: Campaign, sources: Sequence[SourceTotals]) -> None:
    """Replace the kept totals of a campaign's sources."""
    assert campaign.id is not None
    tx.run("DELETE FROM analytics_source WHERE campaign_id = :campaign", campaign=campaign.id)
    tx.add_all(AnalyticsSource(campaign_id=campaign.id, **source._asdict()) for source in sources)
