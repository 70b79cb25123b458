"""The donor agrees to pay although match may be missing."""

from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.states import WAITING
from kernel.errors import Conflict


def accept_unmatched(deps: Dependencies, donation_id: UUID) -> None:
    """Remember it. Again without effect.

    Raises Conflict `promise_lapsed` when the donation does not wait for its payment any more.
    """
    with deps.db.transaction() as tx:
        status = tx.scalar("SELECT status FROM donation WHERE id = :id FOR UPDATE", id=donation_id)
        if status not in WAITING:
            raise Conflict("promise_lapsed")
        tx.run("UPDATE donation SET accept_unmatched = true WHERE id = :id", id=donation_id)
