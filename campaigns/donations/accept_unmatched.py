"""Record a donor's consent to pay although match may be missing."""

from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.models import Donation
from campaigns.donations.states import WAITING
from kernel.errors import Conflict


def accept_unmatched(deps: Dependencies, donation_id: UUID) -> None:
    """Record that the donor accepts missing match. Idempotent.

    Raises Conflict `promise_lapsed` when the donation no longer waits for its payment.
    """
    with deps.db.transaction() as tx:
        donation = tx.get(Donation, donation_id, lock=True)
        if donation is None or donation.status not in WAITING:
            raise Conflict("promise_lapsed")
        donation.accept_unmatched = True
        tx.add(donation)
