"""Paid donations of which something became known: screening must look at them once more."""

from collections.abc import Sequence
from uuid import UUID

from kernel.db import Tx


def queue_for_screening(tx: Tx, donation_ids: Sequence[UUID]) -> None:
    """Ask for another look. New payments need not be named, screening finds them in the history."""
    if donation_ids:
        tx.run(
            "INSERT INTO donation_look (donation_id) SELECT * FROM unnest(CAST(:ids AS uuid[]))",
            ids=list(donation_ids),
        )
