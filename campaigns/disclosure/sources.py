"""What the sources of a campaign brought, by our own pages and by platforms alike."""

from typing import NamedTuple

from campaigns.lifecycle.sources import Source, sources_of
from kernel.db import Tx


class SourceFigures(NamedTuple):
    """What came by a code: paid donations and donors, and what they gave less refunds, with its match; fen."""

    code: str
    donations: int
    donors: int
    raised_minor: int
    matched_minor: int


def source_figures(tx: Tx, campaign_id: int) -> list[tuple[Source, SourceFigures]]:
    """Return the sources of a campaign with what they brought, the most first."""
    sources = sources_of(tx, campaign_id)
    rows = tx.rows_as(
        SourceFigures,
        """WITH gift AS (
               SELECT d.source_code AS code, d.id, d.donor_key, d.amount_minor - d.refunded_minor AS minor
                 FROM donation d
                WHERE d.campaign_id = :campaign AND d.source_code <> '' AND d.channel <> 'partner'
                  AND d.source_code = ANY(:codes) AND d.paid_at IS NOT NULL AND d.status <> 'refunded'
                UNION ALL
               SELECT s.code, d.id, d.donor_key, d.amount_minor - d.refunded_minor
                 FROM gift_source s JOIN donation d ON d.id = s.donation_id
                WHERE s.campaign_id = :campaign AND s.code = ANY(:codes)
                  AND d.paid_at IS NOT NULL AND d.status <> 'refunded')
           SELECT g.code, count(*) AS donations, count(DISTINCT g.donor_key) AS donors,
                  CAST(sum(g.minor) AS bigint) AS raised_minor,
                  CAST(coalesce(sum(m.minor), 0) AS bigint) AS matched_minor
             FROM gift g
             LEFT JOIN LATERAL (SELECT sum(live_minor) AS minor FROM reservation
                                 WHERE donation_id = g.id AND state = 'captured' AND NOT held) m ON true
            GROUP BY g.code""",
        campaign=campaign_id,
        codes=[source.code for source in sources],
    )
    figures = {row.code: row for row in rows}
    pairs = [(source, figures.get(source.code, SourceFigures(source.code, 0, 0, 0, 0))) for source in sources]
    return sorted(pairs, key=lambda pair: -pair[1].raised_minor)
