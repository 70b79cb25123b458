"""The personal data of new donations: what donors state about themselves (sealed), their consents, and which
of their words must be reviewed before others may read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors.consent import Agreed, consent_rows
from campaigns.donations.donors.contact import Donor, NewContact, contact_rows
from campaigns.donations.donors.person_models import MinorGift, PublicWords, WordsState
from campaigns.donations.public_words import is_plain_name, suspicion_of
from kernel.bulk import Rows
from kernel.db import Tx
from kernel.keys import Keys


class NewDonor(NamedTuple):
    """The donor of a donation that is being stored, and the key that identifies them."""

    command: CreateDonation
    donor_key: str
    campaign_id: int


def personal_rows(tx: Tx, keys: Keys, donors: Sequence[NewDonor]) -> list[Rows]:
    """Return the rows of the personal part of new donations. They give way to rows of the same donations, so that
    they may be inserted beside a donation that another transaction stores first."""
    contacts = [
        NewContact(command.id, donor_key, command.donor, command.message, command.tribute, command.locale)
        for command, donor_key, _ in donors
    ]
    agreed = [
        Agreed(
            command.id,
            command.donor.publishes,
            bool(command.donor.contact()),
            command.channel,
            publish_message=bool(command.message or command.tribute),
        )
        for command, *_ in donors
    ]
    words = [
        NewWords(command.id, campaign_id, command.project, _words_to_check(command))
        for command, _, campaign_id in donors
    ]
    minors = minor_rows({command.id: command.age for command, *_ in donors if command.age}, tx.now)
    rows = (*contact_rows(keys, contacts), consent_rows(agreed, tx.now), words_rows(words, tx.now), minors)
    return [row._replace(conflict="any") for row in rows]


def minor_rows(ages: Mapping[UUID, str], at: datetime) -> Rows:
    """Return the rows of donations of donors under age, each with the age that was declared."""
    return Rows(MinorGift, {"donation_id": list(ages), "age": list(ages.values()), "guardian_agreed_at": at})


class NewWords(NamedTuple):
    """Words of a donor that others may read. `text` is "" if there are none, or only a plain name."""

    donation_id: UUID
    campaign_id: int
    project_id: int
    text: str


def words_rows(written: Sequence[NewWords], at: datetime) -> Rows:
    """Return the rows of words that others may read. They wait for a reviewer; a plain name needs no review."""
    words = [new for new in written if new.text]
    values = {
        "donation_id": [new.donation_id for new in words],
        "campaign_id": [new.campaign_id for new in words],
        "project_id": [new.project_id for new in words],
        "state": WordsState.WAITING.value,
        "suspicion": [suspicion_of(new.text) for new in words],
        "reports": 0,
        "written_at": at,
        "actor": "",
    }
    return Rows(PublicWords, values)


def _words_to_check(command: CreateDonation) -> str:
    tribute = command.tribute.name if command.tribute else ""
    return words_to_check(command.donor, command.message, tribute)


def words_to_check(donor: Donor, message: str, tribute: str = "") -> str:
    """Return the donor's words that a reviewer must check before others may read them."""
    name = donor.name or ""
    named = name if donor.publishes and not is_plain_name(name) else ""
    return " ".join(filter(None, (named, message, tribute)))
