"""The seeds of random pots: generated and committed to when the pot is created, revealed after the last draw."""

from datetime import datetime
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from matching.draw import SEED_BYTES, commitment, drawn_bps
from matching.models import PotDraw


class PublicDraw(NamedTuple):
    """The public view of a random pot's draws; `seed` (hex) is None until it is revealed."""

    commitment: str
    seed: str | None
    revealed_at: datetime | None


class DrawnMatch(NamedTuple):
    """One donation's draw within `least_bps` to `most_bps`, and the match that it led to (fen)."""

    donation_id: UUID
    least_bps: int
    most_bps: int
    drawn_bps: int
    given_minor: int


def commit_seed(tx: Tx, pot_id: int) -> None:
    """Generate a pot's seed and store it with its public commitment."""
    seed = token_bytes(SEED_BYTES)
    tx.add(PotDraw(pot_id=pot_id, seed=seed, commitment=commitment(seed)))


def reveal_seeds(tx: Tx, campaign_id: int) -> int:
    """Reveal the seeds of a campaign's random pots after the last draw; return how many. Idempotent."""
    return tx.run(
        """UPDATE pot_draw d SET revealed_at = :now FROM pot p
            WHERE p.id = d.pot_id AND p.campaign_id = :campaign AND d.revealed_at IS NULL""",
        now=tx.now,
        campaign=campaign_id,
    )


def public_draw(tx: Tx, pot_id: int) -> PublicDraw | None:
    """Return the public view of a pot's draws; None if the pot is not random."""
    rows = tx.rows_as(
        PublicDraw,
        """SELECT commitment, CASE WHEN revealed_at IS NOT NULL THEN encode(seed, 'hex') END AS seed, revealed_at
             FROM pot_draw WHERE pot_id = :pot""",
        pot=pot_id,
    )
    return rows[0] if rows else None


def drawn_matches(tx: Tx, pot_id: int, seed: str, first: int, most: int) -> list[DrawnMatch]:
    """Return a page of the donations that a random pot matched, by id: at most `most` of them from index `first`.

    `seed` is the revealed one, in hex.
    """
    rows = tx.rows(
        """SELECT r.donation_id, CAST(v.rules -> 'random' ->> 'least_bps' AS bigint) AS least_bps,
                  CAST(v.rules ->> 'ratio_bps' AS bigint) AS most_bps,
                  CAST(sum(r.amount_minor) AS bigint) AS given_minor
             FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
            WHERE r.pot_id = :pot GROUP BY r.donation_id, v.id ORDER BY r.donation_id, v.id
           OFFSET :first LIMIT :most""",
        pot=pot_id,
        first=first,
        most=most,
    )
    key = bytes.fromhex(seed)
    return [
        DrawnMatch(
            donation_id=row.donation_id,
            least_bps=row.least_bps,
            most_bps=row.most_bps,
            drawn_bps=drawn_bps(key, str(row.donation_id), row.least_bps, row.most_bps),
            given_minor=row.given_minor,
        )
        for row in rows
    ]


def count_drawn_matches(tx: Tx, pot_id: int) -> int:
    """Return the total number of rows of `drawn_matches`."""
    count = tx.scalar(
        """SELECT count(*) FROM (SELECT FROM reservation WHERE pot_id = :pot
                                  GROUP BY donation_id, rules_id) AS d""",
        pot=pot_id,
    )
    return int(count)
