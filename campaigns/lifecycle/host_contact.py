"""The public contact of a campaign's host: a phone number with its hours, and an e-mail address.

It may be changed at any time, because it is not part of the filed plan.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.models import HostContact
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.text import text_fault

MOST_HOURS = 100  # characters
MOST_PHONE = 40
MOST_EMAIL = 254
_PHONE = re.compile(r"[0-9+()\s-]{3,40}")


class Contact(NamedTuple):
    """How to reach the host; "" for a missing part. `hours` are those of the phone."""

    phone: str = ""
    hours: str = ""
    email: str = ""


def set_contact(tx: Tx, slug: str, contact: Contact, actor: str) -> Contact:
    """Replace the contact of a campaign. Raises NotFound `campaign_unknown`, Invalid `contact_invalid`."""
    campaign = find_campaign(tx, slug)
    new = Contact(*(text.strip() for text in contact))
    if faults := _faults(new):
        raise Invalid("contact_invalid", fields=faults)
    row = tx.get(HostContact, campaign.id, lock=True) or HostContact(campaign_id=campaign.id or 0)
    before = Contact(row.phone, row.hours, row.email)
    row.phone, row.hours, row.email = new
    tx.add(row)
    record_audit(
        tx, actor, "campaign.contact", f"campaign:{campaign.id}", **changed(before._asdict(), new._asdict())
    )
    return new


def contacts_of(tx: Tx, campaign_ids: Sequence[int]) -> dict[int, Contact]:
    """Return the contacts of campaigns that have one."""
    rows = tx.all(select(HostContact).where(col(HostContact.campaign_id).in_(campaign_ids)))
    return {row.campaign_id: Contact(row.phone, row.hours, row.email) for row in rows if row.phone or row.email}


def _faults(contact: Contact) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if contact.phone and not _PHONE.fullmatch(contact.phone):
        faults["phone"] = fault("not_a_phone")
    if refused := text_fault(contact.hours, MOST_HOURS, lines=True):
        faults["hours"] = refused
    if contact.email and not _is_email(contact.email):
        faults["email"] = fault("not_an_email")
    return faults


def _is_email(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return len(text) <= MOST_EMAIL
