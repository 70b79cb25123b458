"""What manager pages read beside the use cases' own readings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kernel.db import Tx


class CampaignLine(NamedTuple):
    """A campaign in the list, drafts included; sums in fen."""

    id: int
    slug: str
    name: str
    phase: str
    opens_at: datetime
    ends_at: datetime
    entries: int
    open_discrepancies: int


_CAMPAIGNS = """SELECT c.id, c.slug, c.name, c.phase, c.opens_at, c.ends_at,
                       (SELECT count(*) FROM campaign_entry e WHERE e.campaign_id = c.id),
                       (SELECT count(*) FROM discrepancy d WHERE d.campaign_id = c.id AND d.state = 'open')
                  FROM campaign c"""


def campaigns(tx: Tx) -> list[CampaignLine]:
    """All campaigns, newest first."""
    return [CampaignLine(*row) for row in tx.rows(f"{_CAMPAIGNS} ORDER BY c.opens_at DESC, c.id DESC")]


def history(tx: Tx, campaign_id: int) -> Sequence[Any]:
    """The phases that a campaign reached: from_phase, to_phase, at, actor."""
    return tx.rows(
        "SELECT from_phase, to_phase, at, actor FROM campaign_history WHERE campaign_id = :id ORDER BY id",
        id=campaign_id,
    )


def refunds(tx: Tx, donation_id: UUID) -> Sequence[Any]:
    """The refunds that were asked for: amount_minor, reason, actor, state, requested_at."""
    return tx.rows(
        """SELECT id, amount_minor, reason, actor, state, requested_at FROM refund
            WHERE donation_id = :id ORDER BY id""",
        id=donation_id,
    )


def refunds_asked(tx: Tx, donation_id: UUID) -> int:
    """How many refunds were asked for so far, with the donation locked: who saw another number than this saw
    another donation."""
    tx.rows("SELECT id FROM donation WHERE id = :id FOR UPDATE", id=donation_id)
    return int(tx.scalar("SELECT count(*) FROM refund WHERE donation_id = :id", id=donation_id))


def inbox(tx: Tx, most: int = 200) -> Sequence[Any]:
    """Messages that wait for a person, oldest first. Their bodies may hold people, so they are not shown."""
    return tx.rows(
        """SELECT id, source, event_id, state, note, received_at
             FROM inbox_work JOIN inbox_event ON id = inbox_id
            WHERE state IN ('waiting', 'flagged') ORDER BY id LIMIT :most""",
        most=most,
    )


def inbox_conflicts(tx: Tx, most: int = 200) -> Sequence[Any]:
    """Messages whose id came before with other contents; they had no effect."""
    return tx.rows(
        "SELECT source, event_id, received_at FROM inbox_conflict ORDER BY id DESC LIMIT :most", most=most
    )


def job_runs(tx: Tx) -> Sequence[Any]:
    """The last run of every job."""
    return tx.rows("SELECT name, started_at, finished_at, outcome, runs, failures FROM job_run ORDER BY name")
