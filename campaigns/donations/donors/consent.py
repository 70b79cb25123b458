"""Donors' consents: an append-only log with one row per statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.donors.person_models import Consent, PublicWords, WordsState
from campaigns.donations.models import Donation
from kernel.bulk import Rows
from kernel.db import Tx

# The wording that donors see today; docs/privacy.md lists all versions. A changed wording gets another version.
TEXT_VERSION = "2026-12"


class Agreed(NamedTuple):
    """What a donor agreed to with a donation, and through which channel (`how`)."""

    donation_id: UUID
    publish_name: bool
    use_contact: bool
    how: str
    publish_message: bool = False


def consent_rows(agreed: Sequence[Agreed], at: datetime) -> Rows:
    """Return the rows that record donors' consents. A donor who agreed to nothing gets no row."""
    rows = [row for row in agreed if row.publish_name or row.publish_message or row.use_contact]
    values = {
        "donation_id": [row.donation_id for row in rows],
        "publish_name": [row.publish_name for row in rows],
        "publish_message": [row.publish_message for row in rows],
        "use_contact": [row.use_contact for row in rows],
        "how": [row.how for row in rows],
        "text_version": TEXT_VERSION,
        "at": at,
    }
    return Rows(Consent, values)


def withdraw_consent(tx: Tx, donation_id: UUID, how: str) -> None:
    """Record that a donor no longer agrees to anything."""
    tx.add(
        Consent(
            donation_id=donation_id,
            publish_name=False,
            use_contact=False,
            text_version=TEXT_VERSION,
            how=how,
            at=tx.now,
        )
    )


def withdraw_publication(tx: Tx, donation_id: UUID, how: str) -> None:
    """Stop publishing the name and message of a donation; its contact may still be used. Idempotent."""
    donation = tx.get(Donation, donation_id, lock=True)
    assert donation is not None
    words = tx.first(select(PublicWords).where(PublicWords.donation_id == donation_id).with_for_update())
    published = words is not None and words.state != WordsState.WITHDRAWN
    if not donation.publish_name and not published:
        return
    donation.publish_name = False
    tx.add(donation)
    if words is not None:
        words.state, words.decided_at = WordsState.WITHDRAWN, tx.now
        tx.add(words)
    uses_contact = any(consent.use_contact for consent in consents_of(tx, [donation_id])[-1:])
    tx.add(
        Consent(
            donation_id=donation_id,
            publish_name=False,
            publish_message=False,
            use_contact=uses_contact,
            text_version=TEXT_VERSION,
            how=how,
            at=tx.now,
        )
    )


class Published(NamedTuple):
    """What a donor agreed to publish of a donation: their name, and their words (a `WordsState`, "" if there are
    none)."""

    name: bool
    message_state: str


def published_of(tx: Tx, donation_id: UUID) -> Published | None:
    """Return what is or may become public of a donation; None if nothing is."""
    donation = tx.get(Donation, donation_id)
    words = tx.first(select(PublicWords).where(PublicWords.donation_id == donation_id))
    state = words.state if words is not None and words.state != WordsState.WITHDRAWN else ""
    named = donation is not None and donation.publish_name
    return Published(named, state) if named or state else None


def consents_of(tx: Tx, donation_ids: Sequence[UUID]) -> list[Consent]:
    """Return the consents of donations' donors, oldest first."""
    return tx.all(select(Consent).where(col(Consent.donation_id).in_(donation_ids)).order_by(col(Consent.id)))


def newest_consent(tx: Tx, donation_id: UUID) -> Consent | None:
    """Return the latest consent of a donation's donor; None if there is none."""
    return tx.first(
        select(Consent).where(Consent.donation_id == donation_id).order_by(col(Consent.id).desc()).limit(1)
    )
