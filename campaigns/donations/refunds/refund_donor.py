"""Refund everything that a donor gave in a campaign, in one step."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.donations.models import Donation, Refund
from campaigns.donations.refunds.refund import left_to_refund, request_refund
from campaigns.donations.states import COUNTED
from campaigns.projects.models import Project
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound


class Refundable(NamedTuple):
    """A paid donation of the donor: how much can be refunded (fen), or the code that says why nothing can."""

    donation_id: UUID
    left_minor: int
    refused: str = ""


def refundable_of_donor(tx: Tx, donation_id: UUID, branch: str | None = None) -> list[Refundable]:
    """Lock and return all paid donations in the campaign by this donation's donor; with `branch`, only those to
    projects in it. A donor without contact and device is known by this donation alone.

    Raises NotFound `donation_unknown`.
    """
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    same_donor = select(Donation).where(
        Donation.campaign_id == donation.campaign_id,
        Donation.donor_key == donation.donor_key,
        col(Donation.status).in_(sorted(COUNTED)),
    )
    if branch is not None:
        within = select(Project.id).where(col(Project.lineage).contains([branch]))
        same_donor = same_donor.where(col(Donation.project_id).in_(within))
    donations = tx.all(same_donor.order_by(col(Donation.id)).with_for_update(key_share=True))
    return [_refundable(tx, each) for each in donations]


def refund_donor(
    tx: Tx, donation_id: UUID, reason: str, actor: str, branch: str | None = None
) -> tuple[list[Refund], list[Refundable]]:
    """Request refunds of everything left of the donor's donations (`branch`: as `refundable_of_donor`). Return the
    refunds, and the donations of which nothing can be refunded. A repeated call requests nothing new.

    Raises NotFound `donation_unknown`, Invalid `reason_missing`.
    """
    require_reason(reason)
    donations = refundable_of_donor(tx, donation_id, branch)
    refunds = [request_refund(tx, each.donation_id, None, reason, actor) for each in donations if not each.refused]
    record_audit(
        tx,
        actor,
        "donation.refund_donor",
        f"donation:{donation_id}",
        refunds=len(refunds),
        amount_minor=sum(refund.amount_minor for refund in refunds),
        reason=reason,
    )
    return refunds, [each for each in donations if each.refused]


def _refundable(tx: Tx, donation: Donation) -> Refundable:
    try:
        return Refundable(donation.id, left_to_refund(tx, donation))
    except Conflict as refusal:
        return Refundable(donation.id, 0, refusal.code)
