"""The bank's reference of a payment, as people type it: letter case and spaces do not tell two payments apart."""

from typing import Any

from sqlmodel import func

# SQL: the spelling in which references are compared.
SPELLING = "lower(regexp_replace({}, '\\s', '', 'g'))"


def spelling(reference: Any) -> Any:
    """Return the expression of `SPELLING` for a column or a text."""
    return func.lower(func.regexp_replace(reference, r"\s", "", "g"))
