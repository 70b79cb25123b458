"""The recorded history of a campaign's match, for `matching.replay`: every decision, and every movement that
changed what a pot, a cap or a donation had left, in the order of the books.

Movements are first written to a temporary table. PostgreSQL sorts them and finds a donor's by index, so that the
memory of the reader does not grow with the campaign.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from kernel.db import Tx, one_of
from ledger.kinds import BACK_IN_POT, OF_FUNDING, OUT_OF_POT, RETURNED

PAGE = 1_000


class RecordedDecision(NamedTuple):
    """A decision and its donation. `amount_minor` is the whole donation in fen, `pledged_minor` its amount before
    the payment, and `project_id` its project at that time."""

    position: int
    donation_id: UUID
    cause: str
    decided_at: datetime
    window_open: bool
    trace: list[dict[str, Any]]
    amount_minor: int
    pledged_minor: int
    project_id: int
    donor: str
    paid_at: datetime | None


class Movement(NamedTuple):
    """A change of what is left, in fen.

    `kind`: hold (match was reserved), back (it returned to its pot), fund (the pot received or returned money;
    signed), refund (of the donation).
    """

    position: int
    kind: str
    amount_minor: int
    pot_id: int | None
    reservation_id: int | None
    rules_id: int | None
    donation_id: UUID | None
    donor: str | None
    day: date | None
    project_id: int | None

    @property
    def match_delta_minor(self) -> int:
        """By how much it changed the match of its donation; negative if it took match back."""
        return self.amount_minor if self.kind == "hold" else -self.amount_minor


_DECISIONS = """
    SELECT m.position, m.donation_id, m.cause, m.decided_at, m.window_open, m.trace, g.amount_minor,
           g.pledged_minor, g.project_id, g.donor_key, g.paid_at
      FROM match_decision m
      JOIN replay_donation g ON g.donation_id = m.donation_id AND g.since < m.position AND m.position <= g.until
     ORDER BY m.position"""

# The caller loads the campaign's donations (`LoadDonations`), because matching does not know where they are stored.
# A donation has one row per project that it belonged to: from the position `since` on, not beyond `until`.
_DONATIONS = """
    CREATE TEMPORARY TABLE replay_donation (donation_id uuid, amount_minor bigint, pledged_minor bigint,
                                        project_id bigint, donor_key text, paid_at timestamptz,
                                        since bigint, until bigint, PRIMARY KEY (donation_id, since))
    ON COMMIT DROP"""

# What a decision gave, and what a move took from its old pot, counts from the decision on. Within a transaction
# each decision builds on those before it, while the transfers of all of them are posted at its end.
_MOVEMENTS = f"""
    CREATE TEMPORARY TABLE replay_movement ON COMMIT DROP AS
    WITH pots AS (SELECT id AS pot_id FROM pot WHERE campaign_id = :campaign),
         holds AS (SELECT r.*, m.position FROM reservation r JOIN match_decision m ON m.id = r.decision_id
                    WHERE r.pot_id IN (SELECT pot_id FROM pots)),
         backs AS (SELECT * FROM pot_movement JOIN pots USING (pot_id) WHERE {one_of("kind", BACK_IN_POT)})
    SELECT position, 'hold' AS kind, amount_minor, pot_id, id AS reservation_id, rules_id, donation_id, donor_key,
           day, project_id
      FROM holds
    UNION ALL
    SELECT coalesce(m.position, b.transfer_id), 'back', b.amount_minor, b.pot_id, h.id, h.rules_id, h.donation_id,
           h.donor_key, h.day, h.project_id
      FROM backs b JOIN holds h ON h.id = b.reservation_id
      LEFT JOIN match_decision m ON m.id = b.decision_id
    UNION ALL
    SELECT transfer_id, 'fund', delta_minor, pot_id, NULL, NULL, NULL, NULL, NULL, NULL
      FROM pot_movement JOIN pots USING (pot_id) WHERE {one_of("kind", OF_FUNDING)}
    UNION ALL
    SELECT t.transfer_id, 'refund', -t.delta_minor, NULL, NULL, NULL, g.donation_id, g.donor_key, NULL,
           g.project_id
      FROM donation_movement t JOIN replay_donation g
           ON g.donation_id = t.donation_id AND g.since < t.transfer_id AND t.transfer_id <= g.until
     WHERE {one_of("t.kind", RETURNED)}"""

_COLUMNS = """position, kind, amount_minor, pot_id, reservation_id, rules_id, donation_id, donor_key AS donor,
              day, project_id"""


# Loads the donations of a campaign into the table `replay_donation`.
LoadDonations = Callable[[Tx, int], None]


def prepare(tx: Tx, campaign_id: int, load_donations: LoadDonations) -> None:
    """Collect the donations and movements of a campaign, for this transaction only."""
    tx.run("DROP TABLE IF EXISTS pg_temp.replay_donation, pg_temp.replay_movement")
    tx.run(_DONATIONS)
    load_donations(tx, campaign_id)
    tx.run("ANALYZE replay_donation")
    tx.run(_MOVEMENTS, campaign=campaign_id)
    tx.run("CREATE INDEX ON replay_movement (donor_key)")
    tx.run("ANALYZE replay_movement")


def decisions(tx: Tx) -> Iterator[Sequence[RecordedDecision]]:
    """Yield all decisions in order, page by page."""
    for page in _stream(tx, _DECISIONS):
        yield [RecordedDecision(*row) for row in page]


def movements(tx: Tx) -> Iterator[Movement]:
    """Yield all movements in order. At the position of a decision, what it gave comes before what it took."""
    for page in _stream(tx, f"SELECT {_COLUMNS} FROM replay_movement ORDER BY position, kind DESC"):
        for row in page:
            yield Movement(*row)


def movements_before(tx: Tx, donors: Sequence[str], position: int) -> list[Movement]:
    """Return the movements of these donors' match and donations before a position."""
    return tx.rows_as(
        Movement,
        f"SELECT {_COLUMNS} FROM replay_movement WHERE donor_key = ANY(:donors) AND position < :position",
        donors=list(donors),
        position=position,
    )


def _stream(tx: Tx, sql: str) -> Iterator[Sequence[Any]]:
    yield from tx.session.execute(text(sql), execution_options={"yield_per": PAGE}).partitions()


def unposted(tx: Tx, campaign_id: int) -> list[str]:
    """Describe the reservations whose transfer is missing or has another amount."""
    return [
        f"reservation {row.id}: {row.decided} fen were decided, {row.posted} were posted"
        for row in tx.rows(
            f"""SELECT r.id, r.amount_minor AS decided, coalesce(t.amount_minor, 0) AS posted
                 FROM reservation r JOIN pot p ON p.id = r.pot_id
                 LEFT JOIN pot_movement t ON t.reservation_id = r.id AND {one_of("t.kind", OUT_OF_POT)}
                WHERE p.campaign_id = :campaign AND t.amount_minor IS DISTINCT FROM r.amount_minor
                ORDER BY r.id LIMIT 100""",
            campaign=campaign_id,
        )
    ]
