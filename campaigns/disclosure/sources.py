"""What the sources of a campaign brought in, through our own pages and through platforms."""

from typing import NamedTuple

from campaigns.lifecycle.source_clicks import clicks_of
from campaigns.lifecycle.sources import Source, sources_of
from kernel.db import Tx


class _Gifts(NamedTuple):
    """The paid donations and donors of a code, the amount given less refunds, and its match; fen."""

    code: str
    donations: int
    donors: int
    raised_minor: int
    matched_minor: int


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


def source_figures(tx: Tx, campaign_id: int) -> list[tuple[Source, SourceFigures]]:
    """Return the sources of a campaign with their figures, most money raised first."""
    sources = sources_of(tx, campaign_id)
    rows = tx.rows_as(
        _Gifts,
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
    gifts = {row.code: row._asdict() for row in rows}
    clicks = clicks_of(tx, [source.id or 0 for source in sources])
    pairs = [
        (source, SourceFigures(source.code, *clicks.get(source.id or 0, ()))._replace(**gifts.get(source.code, {})))
        for source in sources
    ]
    return sorted(pairs, key=lambda pair: -pair[1].raised_minor)
