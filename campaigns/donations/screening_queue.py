"""Queue paid donations about which new facts became known, so that screening checks them again."""

from collections.abc import Sequence
from uuid import UUID

from campaigns.donations.models import ScreeningQueueEntry
from kernel.bulk import insert_rows
from kernel.db import Tx


def queue_for_screening(tx: Tx, donation_ids: Sequence[UUID]) -> None:
    """Queue donations. New payments need not be queued: screening finds them in the history."""
    insert_rows(tx, ScreeningQueueEntry, {"donation_id": list(donation_ids)})
