"""Cancel unpaid donations because their campaign was cancelled or their project withdrawn."""

from collections.abc import Sequence
from uuid import UUID

from campaigns.donations.models import PaymentToClose
from campaigns.donations.states import Status
from campaigns.donations.unpaid.expire import end_unpaid
from kernel.bulk import insert_rows
from kernel.db import Tx


def cancel_unpaid(tx: Tx, donation_ids: Sequence[UUID], cause: str) -> int:
    """Cancel those of the donations that still wait, release their match, and return how many were cancelled.

    The job `expire` closes their payments at the provider afterwards. A payment that still arrives is accepted as a
    late payment.
    """
    cancelled = end_unpaid(tx, donation_ids, Status.CANCELLED, cause)
    if cancelled:
        values = {"donation_id": sorted(cancelled), "requested_at": tx.now}
        insert_rows(tx, PaymentToClose, values, conflict="any")
    return len(cancelled)
