"""What donors agreed to: an append-only log, one row whenever they say so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.person_models import Consent
from kernel.bulk import Rows
from kernel.db import Tx

# The wording that donors see today; docs/privacy.md has all of them. A changed wording gets another version.
TEXT_VERSION = "2026-11"


class Agreed(NamedTuple):
    """What a donor agreed to with a donation, and the way in (its channel)."""

    donation_id: UUID
    publish_name: bool
    use_contact: bool
    how: str


def consent_rows(agreed: Sequence[Agreed], at: datetime) -> Rows:
    """Return the rows that record what donors agreed to; those who left nothing of themselves have nothing to agree
    to."""
    rows = [row for row in agreed if row.publish_name or row.use_contact]
    values = {
        "donation_id": [row.donation_id for row in rows],
        "publish_name": [row.publish_name for row in rows],
        "use_contact": [row.use_contact for row in rows],
        "how": [row.how for row in rows],
        "text_version": TEXT_VERSION,
        "at": at,
    }
    return Rows(Consent, values)


def withdraw_consent(tx: Tx, donation_id: UUID, how: str) -> None:
    """Record that a donor agrees to nothing any more."""
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


def consents_of(tx: Tx, donation_ids: Sequence[UUID]) -> list[Consent]:
    """Return what the donors of donations said, oldest first."""
    return tx.all(select(Consent).where(col(Consent.donation_id).in_(donation_ids)).order_by(col(Consent.id)))
