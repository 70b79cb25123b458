"""Store the donations that partners reported in a batch. Each is inserted in its state after the facts of the
batch."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from campaigns.donations.donors import contact
from campaigns.donations.donors.consent import Agreed, consent_rows
from campaigns.donations.donors.contact import Donor, NewContact
from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.facts.columns import columns_of
from campaigns.donations.models import Donation, GiftSource
from campaigns.donations.personal_rows import NewWords, minor_rows, words_rows, words_to_check
from campaigns.donations.states import Status
from campaigns.lifecycle.campaign import SharedCampaign
from kernel.bulk import Rows, insert_rows, insert_together
from kernel.db import Tx
from kernel.keys import CONTENT_MARK, Keys
from payments.partners.gift_details import NO_DETAILS
from payments.partners.partner_events import OFFLINE, PartnerFact

# A reported donation has no request, so any request with its id is a different one.
_NOT_REQUESTED = f"{CONTENT_MARK}reported"


class ReportedDonation(NamedTuple):
    """A partner's donation that is not stored yet, its campaign and project, and the donor whose caps it counts
    against."""

    fact: PartnerFact
    campaign_id: int
    project_id: int
    donor_key: str

    @property
    def provider(self) -> str:
        return self.fact.provider

    @property
    def donor(self) -> Donor:
        return Donor(name=self.fact.donor_name, publish_name=self.fact.details.publish_name)

    def aggregate(self, campaign: SharedCampaign) -> DonationAggregate:
        """Return the donation before its payment. No match was ever reserved for it."""
        fact = self.fact
        return DonationAggregate(
            id=fact.donation_id,
            campaign=campaign,
            project_id=self.project_id,
            amount_minor=fact.amount_minor,
            currency=fact.currency,
            status=Status.PENDING,
            status_was=Status.PENDING,
            refunded_minor=0,
            refunded_was=0,
            provider=self.provider,
            donor_key=self.donor_key,
            payment_intent=None,
            instrument=None,
            paid_at=None,
            match_until=None,
            dispute="",
            late=True,
        )


def store_reported(
    tx: Tx, keys: Keys, reported: Iterable[ReportedDonation], aggregates: Mapping[UUID, DonationAggregate]
) -> set[UUID]:
    """Insert reported donations with their contacts, in id order; return those that another worker stored first.

    History, match and money are written with the effects of the batch.
    """
    new = sorted(reported, key=attrgetter("fact.donation_id.int"))
    if not new:
        return set()
    rows = [aggregates[donation.fact.donation_id] for donation in new]
    stored_elsewhere = _insert(tx, _columns(new, rows))
    for row in rows:
        row.stored = columns_of(row)
    _store_personal(tx, keys, [donation for donation in new if donation.fact.donation_id not in stored_elsewhere])
    return stored_elsewhere


def _insert(tx: Tx, values: dict[str, Any]) -> set[UUID]:
    """Insert donations and return the ids of those stored before. Another worker hardly ever stores one first, and
    a conflict check before each row costs more than a savepoint."""
    try:
        with tx.attempt():
            insert_rows(tx, Donation, values)
        return set()
    except IntegrityError as error:
        if "donation_pkey" not in str(error.orig):
            raise
    stored = {row.id for row in insert_rows(tx, Donation, values, conflict="(id)", returning="id")}
    return set(values["id"]) - stored


def _store_personal(tx: Tx, keys: Keys, new: list[ReportedDonation]) -> None:
    """Store what donors stated about themselves. For those with more than a name, also store their consents, words
    and source."""
    contacts = [NewContact(row.fact.donation_id, row.donor_key, row.donor, row.fact.details.message) for row in new]
    contact.store_contacts(tx, keys, contacts)
    detailed = [row for row in new if row.fact.details is not NO_DETAILS]
    if not detailed:
        return
    agreed = [
        Agreed(
            row.fact.donation_id,
            row.donor.publishes,
            use_contact=False,
            how="partner",
            publish_message=bool(row.fact.details.message),
        )
        for row in detailed
    ]
    words = [
        NewWords(
            row.fact.donation_id,
            row.campaign_id,
            row.project_id,
            words_to_check(row.donor, row.fact.details.message),
        )
        for row in detailed
    ]
    minors = minor_rows({row.fact.donation_id: age for row in detailed if (age := row.fact.details.age)}, tx.now)
    insert_together(tx, [consent_rows(agreed, tx.now), words_rows(words, tx.now), _source_rows(detailed), minors])


def _source_rows(detailed: list[ReportedDonation]) -> Rows:
    sources = [row for row in detailed if row.fact.details.code]
    values = {
        "donation_id": [row.fact.donation_id for row in sources],
        "campaign_id": [row.campaign_id for row in sources],
        "kind": [row.fact.details.kind for row in sources],
        "code": [row.fact.details.code for row in sources],
    }
    return Rows(GiftSource, values)


def _columns(new: list[ReportedDonation], rows: list[DonationAggregate]) -> dict[str, Any]:
    facts = [donation.fact for donation in new]
    return {
        "id": [fact.donation_id for fact in facts],
        "campaign_id": [donation.campaign_id for donation in new],
        "project_id": [donation.project_id for donation in new],
        "amount_minor": [row.amount_minor for row in rows],
        "refunded_minor": [row.refunded_minor for row in rows],
        "excess_minor": [row.excess_minor for row in rows],
        "status": [str(row.status) for row in rows],
        "paid_at": [row.paid_at for row in rows],
        "currency": [fact.currency for fact in facts],
        "channel": ["offline" if fact.partner == OFFLINE else "partner" for fact in facts],
        "source_code": [fact.partner for fact in facts],
        "donor_key": [donation.donor_key for donation in new],
        "request_hash": _NOT_REQUESTED,
        "pledged_at": [fact.occurred_at for fact in facts],
        "provider": [donation.provider for donation in new],
        "payment_reference": [fact.their_id for fact in facts],
        "team": [fact.details.team for fact in facts],
        "message": "",
        "publish_name": [fact.details.publish_name for fact in facts],
        "accept_unmatched": True,
    }
