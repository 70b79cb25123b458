"""Notify platforms about their donations. Deliveries are queued with the fact; their content is read at the first
attempt."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from campaigns.donations.models import Donation
from campaigns.donations.states import Status, Transition
from campaigns.donations.view import donation_view
from kernel.db import Tx
from payments.outgoing_models import OutgoingType


def queue_transitions(tx: Tx, steps: Sequence[Transition]) -> None:
    """Queue deliveries of match with the payment to subscribed platforms. Those of settled donations are queued
    where they are settled."""
    paid = [step.donation_id for step in steps if step.to is Status.PAID and step.from_ in (None, Status.PENDING)]
    _queue(tx, OutgoingType.DONATION_MATCHED, paid)


def queue_refunds(tx: Tx, donation_ids: Sequence[UUID]) -> None:
    """Queue deliveries of booked refunds to subscribed platforms."""
    _queue(tx, OutgoingType.REFUND_BOOKED, donation_ids)


def _queue(tx: Tx, type_: OutgoingType, donation_ids: Sequence[UUID]) -> None:
    if not donation_ids or not tx.scalar(
        "SELECT EXISTS (SELECT FROM partner_subscription WHERE ended_at IS NULL AND types ? :type)",
        type=type_.value,
    ):
        return
    gifts = "(SELECT id, provider FROM donation WHERE id = ANY(:ids))"
    tx.run(new_deliveries(gifts), type=type_.value, ids=list(donation_ids), now=tx.now)


def new_deliveries(gifts: str) -> str:
    """Return the INSERT of a delivery of `:type`, due `:now`, to each subscribed platform of `gifts`, a table or
    subquery with the id and provider of donations."""
    return f"""
        INSERT INTO partner_delivery (subscription_id, type, donation_id, state, created_at, due_at)
        SELECT s.id, :type, d.id, CASE WHEN s.paused_at IS NULL THEN 'due' ELSE 'held' END, :now, :now
          FROM {gifts} AS d JOIN partner_subscription s ON d.provider = 'partner:' || s.partner
         WHERE s.ended_at IS NULL AND s.types ? :type
         ORDER BY d.id, s.id"""


def words_of(tx: Tx, donation_id: UUID) -> dict[str, Any]:
    """Return the content of a delivery about a platform's donation, under its own id and without personal data.
    `as_of` shows which of two events of a donation is newer, because they may arrive in any order."""
    as_of = tx.now  # before the donation is read
    donation, view = tx.get(Donation, donation_id), donation_view(tx, donation_id)
    assert donation is not None
    return {
        "donation_id": donation.payment_reference,
        "campaign": view.campaign,
        "status": view.status,
        "amount_minor": view.amount_minor,
        "refunded_minor": view.refunded_minor,
        "currency": view.currency,
        "match": {"captured_minor": view.captured_minor, "held_minor": view.held_minor},
        "as_of": as_of.isoformat(),
    }
