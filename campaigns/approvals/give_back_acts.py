"""The acts that record gifts as given back outside the system, which may need a second person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaigns.approvals.act import Act, Attempt
from campaigns.closing.give_back import Source, mark_given_back, mark_source_given_back
from campaigns.donations.models import Donation
from campaigns.network.roles import Permission
from kernel.db import Tx


def left_of(tx: Tx, donation_id: UUID) -> int:
    """Return the fen of a donation that have not been returned."""
    donation = tx.get(Donation, donation_id)
    return donation.amount_minor - donation.refunded_minor if donation else 0


def _mark(tx: Tx, attempt: Attempt) -> Any:
    return mark_given_back(tx, attempt.deps, attempt.subject, attempt.reason, attempt.actor)


def _mark_source(tx: Tx, attempt: Attempt) -> Any:
    shown = Source(*(attempt.arguments[name] for name in Source._fields))
    return mark_source_given_back(tx, attempt.deps, attempt.subject, shown, attempt.reason, attempt.actor)


def _of_source(_tx: Tx, attempt: Attempt) -> int:
    """Return the sum that would be marked as given back."""
    left_minor: int = attempt.arguments["left_minor"]
    return left_minor


def _which_source(arguments: Mapping[str, Any]) -> str:
    provider: str = arguments["provider"]
    return provider


_REFUND = Permission.DONATIONS_REFUND
GIVE_BACK_ACTS: Mapping[str, Act] = {
    "donation.given_back": Act(
        _REFUND, "donation_id", UUID, _mark, lambda tx, attempt: left_of(tx, attempt.subject)
    ),
    "donations.given_back": Act(_REFUND, "slug", str, _mark_source, _of_source, part=_which_source),
}
