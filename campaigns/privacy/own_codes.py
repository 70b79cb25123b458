"""Let donors prove that a phone number or e-mail address is theirs with a code sent to it, and list what was given
with it. The result is the same for every contact, so that a caller cannot learn from it whether a donor gave
with it."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlmodel import col, func, select, union_all

from campaigns.donations.donors.contact import identity_key
from campaigns.donations.donors.identity import Identity, contact_identity
from campaigns.donations.donors.person_models import DonationContact, PersonKey
from campaigns.donations.letters.letter_models import Letter, LetterKind
from campaigns.donations.models import Donation
from campaigns.privacy.code_models import DonorCode
from kernel.db import Tx
from kernel.errors import Forbidden, Invalid, NotFound, fault
from kernel.ids import same
from kernel.keys import Keys

# Our defaults: at most 100 guesses a day among a million codes. The limit per contact prevents flooding it; an
# address has a smaller limit (`app/web/giving/own_code.py`), so that a stranger cannot use up the codes of a
# contact.
DIGITS = 6
LASTS = timedelta(minutes=10)  # how long a code can be entered
OPEN_FOR = timedelta(hours=1)  # how long it then opens the list
MOST_TRIES = 5
MOST_A_DAY = 20  # codes for one contact
DAY = timedelta(days=1)  # also how long codes are kept


def require_identity(contact: str) -> Identity:
    """Return the identity of a phone number or e-mail address. Raises Invalid `contact_invalid`."""
    identity = contact_identity(contact)
    if identity is None:
        raise Invalid("contact_invalid", fields={"contact": fault("contact_required")})
    return identity


def request_code(tx: Tx, keys: Keys, identity: Identity, language: str = "zh") -> UUID:
    """Send a code in `language` to a phone number or e-mail address if a donor gave with it, and return the id
    of the code. Raises Forbidden `code_limit`."""
    key = identity_key(keys, identity)
    # Count concurrent requests one after the other.
    tx.lock_name(f"donor-code:{key}")
    recent = select(func.count()).where(DonorCode.contact_key == key, col(DonorCode.created_at) > tx.now - DAY)
    if (tx.first(recent) or 0) >= MOST_A_DAY:
        raise Forbidden("code_limit", most=MOST_A_DAY)
    code = tx.add(
        DonorCode(
            id=uuid4(),
            contact_key=key,
            donation_id=_reachable_by(tx, key),
            language=language,
            created_at=tx.now,
        )
    )
    if code.donation_id is not None:
        kind = LetterKind.CODE if identity.kind == "email" else LetterKind.TEXT_CODE
        about = str(code.id)
        tx.add(Letter(donation_id=code.donation_id, kind=kind, about=about, created_at=tx.now, due_at=tx.now))
    return code.id


def _reachable_by(tx: Tx, key: str) -> UUID | None:
    """Return the newest donation that holds this contact."""
    of_contact = union_all(
        select(Donation.id).where(Donation.donor_key == key),
        select(PersonKey.donation_id).where(PersonKey.email_key == key),
    )
    # By key and sorted here: a planner without statistics would read all donations, newest first.
    with tx.by_key():
        held = tx.all(
            select(Donation.pledged_at, Donation.id)
            .join(PersonKey, col(PersonKey.donation_id) == Donation.id)
            .join(DonationContact, col(DonationContact.donation_id) == Donation.id)
            .where(col(Donation.id).in_(of_contact))
        )
    return max(held)[1] if held else None


def code_of(keys: Keys, code_id: UUID) -> str:
    """Return the digits of a code. They are computed with SECRET_KEY, so that the database does not hold them."""
    number = int(keys.token(f"donor-code:{code_id}").removeprefix("dt_"), 16)
    return str(number % 10**DIGITS).zfill(DIGITS)


def language_of_valid(tx: Tx, code_id: UUID) -> str | None:
    """Return the language in which a code was requested; None if it can no longer be entered, because it was used,
    has expired or was tried too often."""
    code = tx.get(DonorCode, code_id)
    return code.language if code is not None and _can_be_typed(tx, code) else None


def _can_be_typed(tx: Tx, code: DonorCode) -> bool:
    return code.opened_at is None and code.tries < MOST_TRIES and tx.now < code.created_at + LASTS


def type_code(tx: Tx, keys: Keys, code_id: UUID, digits: str) -> bool:
    """Check a code and return whether it is right, in which case it opens the list, once. Every attempt counts,
    even for a code that was never sent. Raises NotFound `code_over`."""
    code = tx.get(DonorCode, code_id, lock=True)
    if code is None or not _can_be_typed(tx, code):
        raise NotFound("code_over")
    code.tries += 1
    if same(code_of(keys, code_id), digits) and code.donation_id is not None:
        code.opened_at = tx.now
    tx.add(code)
    return code.opened_at is not None


def opened_contact(tx: Tx, code_id: UUID) -> str | None:
    """Return the key of the contact whose list a code has opened, while it stays open."""
    code = tx.get(DonorCode, code_id)
    if code is None or code.opened_at is None or tx.now >= code.opened_at + OPEN_FOR:
        return None
    return code.contact_key


def close(tx: Tx, code_id: UUID) -> None:
    """Close the list opened by a code. Idempotent."""
    code = tx.get(DonorCode, code_id, lock=True)
    if code is not None:
        tx.session.delete(code)
