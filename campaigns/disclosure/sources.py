"""What the sources of a campaign brought in, through our own pages and through platforms."""

from typing import NamedTuple

from campaigns.lifecycle.source_clicks import clicks_of
from campaigns.lifecycle.sources import Source, sources_of
from kernel.db import Tx

MOST_PLATFORM_SOURCES = 200  # listed

_GIFT = "d.id, d.donor_key, d.amount_minor - d.refunded_minor AS minor"
_COUNTED = "d.paid_at IS NOT NULL AND d.status <> 'refunded'"
_SUMS = """count(*) AS donations, count(DISTINCT g.donor_key) AS donors,
           CAST(sum(g.minor) AS bigint) AS raised_minor,
           CAST(coalesce(sum(m.minor), 0) AS bigint) AS matched_minor"""
_MATCHED_GIFT = """gift g
             LEFT JOIN LATERAL (SELECT sum(live_minor) AS minor FROM reservation
                                 WHERE donation_id = g.id AND state = 'captured' AND NOT held) m ON true"""


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
    codes = [source.code for source in sources]
    rows = tx.rows_as(
        _Gifts,
        f"""WITH gift AS (
               SELECT d.source_code AS code, {_GIFT} FROM donation d
                WHERE d.campaign_id = :campaign AND d.source_code <> '' AND d.channel <> 'partner'
                  AND d.source_code = ANY(:codes) AND {_COUNTED}
                UNION ALL
               SELECT lower(s.code), {_GIFT} FROM gift_source s JOIN donation d ON d.id = s.donation_id
                WHERE s.campaign_id = :campaign AND s.code = ANY(:written) AND {_COUNTED})
           SELECT g.code, {_SUMS} FROM {_MATCHED_GIFT} GROUP BY g.code""",
        campaign=campaign_id,
        codes=codes,
        written=codes + [code.upper() for code in codes],
    )
    gifts = {row.code: row._asdict() for row in rows}
    clicks = clicks_of(tx, [source.id or 0 for source in sources])
    pairs = [
        (source, SourceFigures(source.code, *clicks.get(source.id or 0, ()))._replace(**gifts.get(source.code, {})))
        for source in sources
    ]
    return sorted(pairs, key=lambda pair: -pair[1].raised_minor)


class PlatformSource(NamedTuple):
    """A source that a platform named by a code of its own, and what it brought: paid donations less refunds, and
    their match; fen. `source` is the platform as money names it (`partner:NAME`)."""

    source: str
    kind: str
    code: str
    donations: int
    donors: int
    raised_minor: int
    matched_minor: int


def platform_sources(tx: Tx, campaign_id: int) -> list[PlatformSource]:
    """Return the sources that platforms named by codes of their own, most money raised first."""
    return tx.rows_as(
        PlatformSource,
        f"""WITH gift AS (
               SELECT d.provider, s.kind, s.code, {_GIFT} FROM gift_source s JOIN donation d ON d.id = s.donation_id
                WHERE s.campaign_id = :campaign AND {_COUNTED}
                  AND NOT EXISTS (SELECT 1 FROM source o
                                   WHERE o.campaign_id = :campaign AND s.code IN (o.code, upper(o.code))))
           SELECT g.provider AS source, g.kind, g.code, {_SUMS} FROM {_MATCHED_GIFT}
            GROUP BY g.provider, g.kind, g.code
            ORDER BY raised_minor DESC, g.provider, g.kind, g.code LIMIT :most""",
        campaign=campaign_id,
        most=MOST_PLATFORM_SOURCES,
    )
