"""Open a case manually when a reviewer saw in a donation what no rule detects. Another reviewer decides it."""

from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.donations.models import Donation
from campaigns.lifecycle.models import Campaign
from campaigns.reasons import require_reason
from campaigns.screening.cases import case_id_of_donation, find_case
from campaigns.screening.context import SCREENED
from campaigns.screening.models import ScreeningCase
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.db import Tx
from kernel.errors import Conflict, NotFound

BY_HAND = "by_hand"
OPENED = "case.open"  # the audit entry, about the donation


def open_case(tx: Tx, donation_id: UUID, reason: str, actor: str) -> ScreeningCase:
    """Put the match of a paid donation on hold for a reviewer, with the reason as the evidence.

    Raises NotFound `donation_unknown`, Invalid `reason_missing`, Conflict `case_exists`, `campaign_phase` once the
    result is published, and `nothing_to_hold` if the donation has no match.
    """
    require_reason(reason)
    require_openable(tx, donation_id)
    if not open_cases(tx, {donation_id: (Signal(BY_HAND, {"reason": reason, "by": actor}),)}):
        raise Conflict("nothing_to_hold")
    record_audit(tx, actor, OPENED, f"donation:{donation_id}", reason=reason)
    return find_case(tx, case_id_of_donation(tx, donation_id))


def require_openable(tx: Tx, donation_id: UUID) -> None:
    """Require that a case may still be opened on a donation. Raises as `open_case`."""
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    if tx.first(select(col(ScreeningCase.id)).where(ScreeningCase.donation_id == donation_id)) is not None:
        raise Conflict("case_exists")
    campaign = tx.get(Campaign, donation.campaign_id)
    assert campaign is not None
    if campaign.phase not in SCREENED:
        raise Conflict("campaign_phase", phase=campaign.phase)


def is_openable(tx: Tx, donation_id: UUID) -> bool:
    """Return whether a case may still be opened on a donation."""
    try:
        require_openable(tx, donation_id)
    except Conflict:
        return False
    return True
