"""The seeds of random pots: made and committed to with the pot, revealed after the last draw."""

from datetime import datetime
from secrets import token_bytes
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from matching.draw import SEED_BYTES, commitment, drawn_bps
from matching.models import PotDraw


class Draw(NamedTuple):
    """What is known of a random pot's draws; `seed` (hex) is None until it is revealed."""

    commitment: str
    seed: str | None
    revealed_at: datetime | None


class Drawn(NamedTuple):
    """One donation's draw within `least_bps` to `most_bps`, and the match (fen) that came of it."""

    donation_id: UUID
    least_bps: int
    most_bps: int
    drawn_bps: int
    given_minor: int


def commit(tx: Tx, pot_id: int) -> None:
    """Draw a pot's seed from the operating system's source and store it with its public commitment."""
    seed = token_bytes(SEED_BYTES)
    tx.add(PotDraw(pot_id=pot_id, seed=seed, commitment=commitment(seed)))


def reveal(tx: Tx, campaign_id: int) -> int:
    """Reveal the seeds of a campaign's random pots: nobody draws any more. Answers how many; again, none."""
    return tx.run(
        """UPDATE pot_draw d SET revealed_at = :now FROM pot p
            WHERE p.id = d.pot_id AND p.campaign_id = :campaign AND d.revealed_at IS NULL""",
        now=tx.now,
        campaign=campaign_id,
    )


def draw_of(tx: Tx, pot_id: int) -> Draw | None:
    """What the public may know of a pot's draws; None when the pot draws nothing."""
    row = tx.row(
        """SELECT commitment, CASE WHEN revealed_at IS NOT NULL THEN encode(seed, 'hex') END, revealed_at
             FROM pot_draw WHERE pot_id = :pot""",
        pot=pot_id,
    )
    return None if row is None else Draw(*row)


def drawn(tx: Tx, pot_id: int, seed: str, first: int, most: int) -> list[Drawn]:
    """The donations that a random pot gave something, by their ids, `most` from the `first` (0) on. `seed` is the
    revealed one, in hex."""
    rows = tx.rows(
        """SELECT r.donation_id, CAST(v.rules -> 'random' ->> 'least_bps' AS bigint) AS least,
                  CAST(v.rules ->> 'ratio_bps' AS bigint) AS most, CAST(sum(r.amount_minor) AS bigint) AS given
             FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
            WHERE r.pot_id = :pot GROUP BY r.donation_id, v.id ORDER BY r.donation_id, v.id
           OFFSET :first LIMIT :most""",
        pot=pot_id,
        first=first,
        most=most,
    )
    key = bytes.fromhex(seed)
    return [Drawn(id_, low, top, drawn_bps(key, str(id_), low, top), given) for id_, low, top, given in rows]


def count_drawn(tx: Tx, pot_id: int) -> int:
    """How many rows `drawn` has in all."""
    counted = tx.scalar(
        """SELECT count(*) FROM (SELECT FROM reservation WHERE pot_id = :pot
                                  GROUP BY donation_id, rules_id) AS d""",
        pot=pot_id,
    )
    return int(counted)
