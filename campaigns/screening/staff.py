"""Contacts of an organisation's staff, stored only as the keyed hash that donations carry too."""

from uuid import UUID

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.donations.donors.contact import Donor, donor_key, require_valid_contact
from campaigns.network.organisations import find as find_organisation
from campaigns.screening.models import StaffKey
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.keys import Keys

_NO_DONATION = UUID(int=0)


def add(tx: Tx, keys: Keys, code: str, *, phone: str = "", email: str = "", actor: str) -> list[StaffKey]:
    """Add a contact (phone, e-mail or both) of an organisation and return it. Idempotent.

    Raises NotFound `organisation_unknown`, Invalid `donor_invalid` or `staff_invalid`.
    """
    find_organisation(tx, code)
    if not phone and not email:
        raise Invalid("staff_invalid", fields={"phone": fault("contact_required")})
    require_valid_contact(Donor(phone=phone or None, email=email or None))
    donors = {"phone": Donor(phone=phone)} if phone else {}
    donors |= {"email": Donor(email=email)} if email else {}
    key_of = {kind: donor_key(keys, donor, _NO_DONATION, None) for kind, donor in donors.items()}
    added = []
    for kind, key in key_of.items():
        # Two managers may add the same contact concurrently; the unique key decides.
        inserted = tx.run(
            """INSERT INTO staff_key (organisation_code, donor_key, kind, created_at)
               VALUES (:code, :key, :kind, :now) ON CONFLICT DO NOTHING""",
            code=code,
            key=key,
            kind=kind,
            now=tx.now,
        )
        added += [kind] * inserted
    if added:
        record_audit(tx, actor, "staff.add", f"organisation:{code}", kinds=sorted(added))
    return [contact for contact in listed(tx, code) if contact.donor_key in key_of.values()]


def listed(tx: Tx, code: str) -> list[StaffKey]:
    """Return the contacts of an organisation, oldest first. Raises NotFound `organisation_unknown`."""
    find_organisation(tx, code)
    return tx.all(select(StaffKey).where(StaffKey.organisation_code == code).order_by(col(StaffKey.id)))


def remove(tx: Tx, staff_id: int, actor: str) -> None:
    """Delete a contact. Raises NotFound `staff_unknown`."""
    contact = tx.get(StaffKey, staff_id, lock=True)
    if contact is None:
        raise NotFound("staff_unknown")
    tx.session.delete(contact)
    record_audit(tx, actor, "staff.remove", f"organisation:{contact.organisation_code}", staff=staff_id)
