"""Export all personal data that we hold of a person, unsealed for them (PIPL 45)."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import DONOR, record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.donors.consent import consents_of
from campaigns.donations.donors.contact import message_of, read_contact
from campaigns.donations.donors.person_keys import open_text
from campaigns.donations.models import Donation
from campaigns.donations.questions import questions_of
from campaigns.donations.receipts.receipt_requests import ReceiptView, receipts_of
from campaigns.donations.refunds.refund_requests import requests_of
from campaigns.donations.view import donation_view
from campaigns.privacy.messages import messages_of
from campaigns.privacy.person import Person
from campaigns.screening.models import ScreeningCase
from kernel.db import Tx
from payments.inbox.personal_parts import kept_of, split
from payments.inbox.sealed_messages import opened
from payments.models import InboxEvent


def export(deps: Dependencies, tx: Tx, person: Person, actor: str) -> dict[str, Any]:
    """Return a person's donations with all their personal data, and record who read them."""
    donations = [_donation(deps, tx, id_) for id_ in person.donations]
    action = "donor.export" if actor == DONOR else "donors.export"  # the second is logged as a look at a contact
    record_audit(tx, actor, action, "donors", donations=[str(id_) for id_ in person.donations])
    return {"exported_at": tx.now, "donations": donations, "messages": _messages(deps, tx, person)}


def _donation(deps: Dependencies, tx: Tx, donation_id: UUID) -> dict[str, Any]:
    view, donation = donation_view(tx, donation_id), tx.get(Donation, donation_id)
    assert donation is not None
    personal = read_contact(tx, deps.keys, donation_id) | {"message": message_of(tx, deps.keys, donation_id)}
    public = ("id", "campaign", "project_name", "amount_minor", "refunded_minor", "currency", "status", "channel")
    return {
        **{name: getattr(view, name) for name in (*public, "pledged_at", "paid_at")},
        "team": donation.team,
        "publish_name": donation.publish_name,
        "personal": {name: value for name, value in personal.items() if value},
        "consents": [
            consent.model_dump(exclude={"id", "donation_id"}) for consent in consents_of(tx, [donation_id])
        ],
        "refund_requests": [request._asdict() for request in requests_of(tx, deps.keys, donation_id)],
        "questions": [question._asdict() for question in questions_of(tx, deps.keys, donation_id)],
        "receipt_requests": [_receipt(view) for view in receipts_of(tx, deps.keys, donation_id)],
        "appeals": _appeals(deps, tx, donation_id),
    }


def _receipt(view: ReceiptView) -> dict[str, Any]:
    return view._asdict() | {"payer": asdict(view.payer)}


def _appeals(deps: Dependencies, tx: Tx, donation_id: UUID) -> list[dict[str, Any]]:
    cases = tx.all(select(ScreeningCase).where(ScreeningCase.donation_id == donation_id))
    return [
        {
            "appeal": open_text(tx, deps.keys, donation_id, case.appeal),
            "appealed_at": case.appealed_at,
            "answer": case.answer,
        }
        for case in cases
        if case.appealed_at is not None
    ]


def _messages(deps: Dependencies, tx: Tx, person: Person) -> list[dict[str, Any]]:
    """Return the personal parts of messages about the donations, if they are still kept."""
    ids = messages_of(tx, deps.keys, person).events
    rows = tx.all(select(InboxEvent).where(col(InboxEvent.id).in_(ids)).order_by(col(InboxEvent.id)))
    bodies = zip(rows, opened(tx, deps.keys, rows), strict=True)
    return [
        {"source": row.source, "received_at": row.received_at, "personal": split(body, kept_of(row.source))[1]}
        for row, body in bodies
    ]
