"""The effect of a refund on the donation and its match."""

from typing import NamedTuple
from uuid import UUID

from campaigns.donations.models import Donation
from campaigns.donations.refunds.refund import left_to_refund, request_refund
from kernel.db import Tx
from kernel.errors import NotFound
from matching.capture import reserved_parts
from matching.pot_state import pot_states, ratios_by_rules
from matching.reservations import surplus


class RefundEffect(NamedTuple):
    """The refunded amount, what is left of the donation, and how much of its match is returned, in fen."""

    refunded_minor: int
    left_minor: int
    match_minor: int


def refundable(tx: Tx, donation_id: UUID) -> int:
    """Return how much of a donation can still be refunded, in fen. Raises NotFound `donation_unknown` and as
    `left_to_refund`."""
    return left_to_refund(tx, _lock(tx, donation_id))


def request_with_effect(tx: Tx, donation_id: UUID, amount_minor: int, reason: str, actor: str) -> RefundEffect:
    """Request a refund, and return the effect it will have once the provider confirms it. Raises as
    `request_refund`."""
    donation = _lock(tx, donation_id)
    left_minor = left_to_refund(tx, donation)
    request_refund(tx, donation_id, amount_minor, reason, actor)
    kept_minor = left_minor - amount_minor
    return RefundEffect(amount_minor, kept_minor, _match_beyond(tx, donation, kept_minor))


def _lock(tx: Tx, donation_id: UUID) -> Donation:
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    return donation


def _match_beyond(tx: Tx, donation: Donation, kept_minor: int) -> int:
    """Return how much captured match exceeds what the pots give for `kept_minor` of the donation."""
    assert donation.id is not None
    pots = pot_states(tx, donation.campaign_id)
    order = {pot.pot_id: pot.order for pot in pots}
    captured = [part for part in reserved_parts(tx, [donation.id]) if part.state == "captured"]
    captured.sort(key=lambda part: order[part.pot_id])
    return sum(taken.amount_minor for taken in surplus(kept_minor, captured, ratios_by_rules(pots)))
