"""The acts that record gifts as given back outside the system, which may need a second person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaigns.approvals.act import Act, Attempt
from campaigns.closing.give_back import ProviderGifts, mark_given_back, mark_provider_given_back
from campaigns.donations.models import Donation
from campaigns.network.roles import Permission
from kernel.db import Tx


def left_of(tx: Tx, donation_id: UUID) -> int:
    """Return the fen of a donation that have not been returned."""
    donation = tx.get(Donation, donation_id)
    return donation.amount_minor - donation.refunded_minor if donation else 0


def _mark(tx: Tx, attempt: Attempt) -> Any:
    return mark_given_back(tx, attempt.deps, attempt.subject, attempt.reason, attempt.actor)


def _mark_provider(tx: Tx, attempt: Attempt) -> Any:
    shown = ProviderGifts(*(attempt.arguments[name] for name in ProviderGifts._fields))
    return mark_provider_given_back(tx, attempt.deps, attempt.subject, shown, attempt.reason, attempt.actor)


def _of_provider(_tx: Tx, attempt: Attempt) -> int:
    """Return the sum that would be marked as given back."""
    left_minor: int = attempt.arguments["left_minor"]
    return left_minor


def _which_provider(arguments: Mapping[str, Any]) -> str:
    provider: str = arguments["provider"]
    return provider


_REFUND = Permission.DONATIONS_REFUND
GIVE_BACK_ACTS: Mapping[str, Act] = {
    "donation.given_back": Act(
        _REFUND, "donation_id", UUID, _mark, lambda tx, attempt: left_of(tx, attempt.subject)
    ),
    "donations.given_back": Act(_REFUND, "slug", str, _mark_provider, _of_provider, part=_which_provider),
}
