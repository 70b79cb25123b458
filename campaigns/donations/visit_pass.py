"""A pass opens the page of one donation until a given moment. It replaces the donation's permanent token in
addresses that others may see later, such as those passed to the provider."""

from uuid import UUID

from kernel.ids import same
from kernel.keys import Keys

_MOST_DIGITS = 12


def visit_pass(keys: Keys, donation_id: UUID, until: int) -> str:
    """Return the pass of a donation until a moment (seconds since 1970). The same moment gives the same pass."""
    return f"{until}.{_signature(keys, donation_id, until)}"


def is_valid(keys: Keys, donation_id: UUID, text: str, now: float) -> bool:
    """Return whether the text is a pass of this donation that has not ended."""
    until, _, signature = text.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) <= _MOST_DIGITS):
        return False
    return same(_signature(keys, donation_id, int(until)), signature) and now < int(until)


def _signature(keys: Keys, donation_id: UUID, until: int) -> str:
    return keys.token(f"visit:{donation_id}:{until}").removeprefix("dt_")
