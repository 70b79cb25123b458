"""Show a manager a donor's contact or the token that opens a donation. Each access is recorded as a security
event."""

from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.donors.contact import read_contact
from campaigns.donations.models import Donation
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.keys import Keys

FIELDS = ("name", "phone", "email")


def look_at_contact(tx: Tx, keys: Keys, donation_id: UUID, actor: str) -> dict[str, str]:
    """Return name, phone and e-mail of a donation's donor, "" for each that is missing. Raises NotFound
    `donation_unknown`."""
    _require(tx, donation_id)
    personal = read_contact(tx, keys, donation_id)
    record_audit(tx, actor, "contact.look", f"donation:{donation_id}")
    return {name: personal.get(name, "") for name in FIELDS}


def look_at_token(tx: Tx, keys: Keys, donation_id: UUID, actor: str) -> str:
    """Return the token that opens a donation, for a donor who lost their link. Raises NotFound
    `donation_unknown`."""
    _require(tx, donation_id)
    record_audit(tx, actor, "contact.link", f"donation:{donation_id}")
    return keys.token(str(donation_id))


def _require(tx: Tx, donation_id: UUID) -> None:
    if tx.get(Donation, donation_id) is None:
        raise NotFound("donation_unknown")
