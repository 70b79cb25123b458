"""Store what is personal of new donations: what donors say of themselves, sealed, and what they agreed to."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.donations.commands import CreateDonation
from campaigns.donations.consent import Agreed, log_consents
from campaigns.donations.contact import NewContact, store_contacts
from kernel.db import Tx
from kernel.keys import Keys


class NewDonor(NamedTuple):
    """The donor of a donation that is being stored, and the key by which they are recognised."""

    command: CreateDonation
    donor_key: str


def store_personal(tx: Tx, keys: Keys, donors: Sequence[NewDonor]) -> None:
    """Store the personal part of new donations."""
    store_contacts(
        tx,
        keys,
        [NewContact(command.id, donor_key, command.donor, command.message) for command, donor_key in donors],
    )
    log_consents(
        tx,
        [
            Agreed(command.id, command.donor.publishes, bool(command.donor.contact()), command.channel)
            for command, _ in donors
        ],
    )
