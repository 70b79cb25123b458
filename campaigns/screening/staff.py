"""Contacts of people who work for an organisation, kept only as the keyed hash that donations carry too."""

from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.contact import Donor, donor_key, require_valid_contact
from campaigns.network.organisations import find
from campaigns.screening.models import StaffKey
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from kernel.keys import Keys

_NOBODY = UUID(int=0)


def add(tx: Tx, keys: Keys, code: str, *, phone: str = "", email: str = "", actor: str) -> list[StaffKey]:
    """Remember a contact (phone, e-mail or both) for an organisation; the same again changes nothing.

    Raises NotFound `organisation_unknown`, Invalid `donor_invalid` or `staff_invalid`.
    """
    find(tx, code)
    if not phone and not email:
        raise Invalid("staff_invalid", fields={"phone": "or e-mail must be given"})
    require_valid_contact(Donor(phone=phone or None, email=email or None))
    given = [("phone", Donor(phone=phone))] if phone else []
    given += [("email", Donor(email=email))] if email else []
    wanted = {kind: donor_key(keys, donor, _NOBODY, None) for kind, donor in given}
    for kind, key in wanted.items():
        tx.run(
            """INSERT INTO staff_key (organisation_code, donor_key, kind, created_at)
               VALUES (:code, :key, :kind, :now) ON CONFLICT DO NOTHING""",
            code=code,
            key=key,
            kind=kind,
            now=tx.now,
        )
    record_audit(tx, actor, "staff.add", f"organisation:{code}", kinds=sorted(wanted))
    return [one for one in listed(tx, code) if one.donor_key in wanted.values()]


def listed(tx: Tx, code: str) -> list[StaffKey]:
    """The contacts of an organisation, without saying whose. Raises NotFound `organisation_unknown`."""
    find(tx, code)
    rows = tx.rows("SELECT id FROM staff_key WHERE organisation_code = :code ORDER BY id", code=code)
    found = [tx.get(StaffKey, row[0]) for row in rows]
    return [one for one in found if one is not None]


def remove(tx: Tx, staff_id: int, actor: str) -> None:
    """Forget a contact. Raises NotFound `staff_unknown`."""
    code = tx.scalar("DELETE FROM staff_key WHERE id = :id RETURNING organisation_code", id=staff_id)
    if code is None:
        raise NotFound("staff_unknown")
    record_audit(tx, actor, "staff.remove", f"organisation:{code}", staff=staff_id)
