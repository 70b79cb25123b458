"""The number of a donation as donors read it on pages, papers and letters: the start of its id, in groups."""

import re
import unicodedata
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.models import Donation
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault

LEAST_DIGITS = 8  # by which staff may search
_DIGITS = 12
_HEX = frozenset("0123456789abcdef")
_BETWEEN = re.compile(r"[\s\-‐-―]+")  # what people put between the groups, or their keyboards do


def number_of(donation_id: UUID) -> str:
    """Return the number of a donation."""
    digits = donation_id.hex[:_DIGITS].upper()
    return "-".join(digits[start : start + 4] for start in range(0, _DIGITS, 4))


def short_number_of(donation_id: UUID) -> str:
    """Return the start of a donation's number, which tells the donations of a list apart."""
    return number_of(donation_id)[:9]


def id_range(number: str) -> tuple[UUID, UUID]:
    """Return the first and last id that begin with a number, in any spacing and width of its characters.

    Raises Invalid `search_invalid`.
    """
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", number)).lower()
    if not LEAST_DIGITS <= len(digits) <= 32 or not _HEX.issuperset(digits):
        raise Invalid("search_invalid", fields={"id": fault("not_an_id", least=LEAST_DIGITS)})
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def numbered_donation(tx: Tx, number: str) -> UUID:
    """Return the id of the only donation whose id begins with a number.

    Raises Invalid `search_invalid` for anything that is no number, NotFound `donation_unknown` if no donation has
    it or several have.
    """
    low, high = id_range(number)
    ids = tx.all(select(Donation.id).where(col(Donation.id).between(low, high)).limit(2))
    if len(ids) != 1:
        raise NotFound("donation_unknown")
    return ids[0]
