"""Store what is personal of new donations: what donors say of themselves, sealed, and what they agreed to."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.donations.commands import CreateDonation
from campaigns.donations.consent import Agreed, consent_rows
from campaigns.donations.contact import NewContact, contact_rows
from kernel.bulk import insert_together
from kernel.db import Tx
from kernel.keys import Keys


class NewDonor(NamedTuple):
    """The donor of a donation that is being stored, and the key by which they are recognised."""

    command: CreateDonation
    donor_key: str


def store_personal(tx: Tx, keys: Keys, donors: Sequence[NewDonor]) -> None:
    """Store the personal part of new donations."""
    contacts = [NewContact(command.id, donor_key, command.donor, command.message) for command, donor_key in donors]
    agreed = [
        Agreed(command.id, command.donor.publishes, bool(command.donor.contact()), command.channel)
        for command, _ in donors
    ]
    insert_together(tx, [*contact_rows(keys, contacts), consent_rows(agreed, tx.now)])
