"""Store what is personal of new donations: what donors say of themselves, sealed, what they agreed to, and which of
their words wait to be read by others."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from campaigns.donations.commands import CreateDonation
from campaigns.donations.consent import Agreed, consent_rows
from campaigns.donations.contact import NewContact, contact_rows
from campaigns.donations.person_models import PublicWords, WordsState
from campaigns.donations.public_words import is_plain_name, suspicion_of
from kernel.bulk import Rows, insert_together
from kernel.db import Tx
from kernel.keys import Keys


class NewDonor(NamedTuple):
    """The donor of a donation that is being stored, and the key by which they are recognised."""

    command: CreateDonation
    donor_key: str
    campaign_id: int


def store_personal(tx: Tx, keys: Keys, donors: Sequence[NewDonor]) -> None:
    """Store the personal part of new donations."""
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
    insert_together(tx, [*contact_rows(keys, contacts), consent_rows(agreed, tx.now), _words_rows(donors, tx.now)])


def _words_rows(donors: Sequence[NewDonor], at: datetime) -> Rows:
    """Return the rows of words that others may read: they wait for somebody who looks at them; a plain name needs
    nobody."""
    words = [(new, text) for new in donors if (text := _words_to_check(new.command))]
    values = {
        "donation_id": [new.command.id for new, _ in words],
        "campaign_id": [new.campaign_id for new, _ in words],
        "project_id": [new.command.project for new, _ in words],
        "state": WordsState.WAITING.value,
        "suspicion": [suspicion_of(text) for _, text in words],
        "reports": 0,
        "written_at": at,
        "actor": "",
    }
    return Rows(PublicWords, values)


def _words_to_check(command: CreateDonation) -> str:
    name = command.donor.name or ""
    named = name if command.donor.publishes and not is_plain_name(name) else ""
    return " ".join(filter(None, (named, command.message, command.tribute.name if command.tribute else "")))
