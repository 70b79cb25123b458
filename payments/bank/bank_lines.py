"""PURE. The contents of a bank statement, whatever its file format."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kernel.errors import Fault
from kernel.tables import Table

MOST_TEXT = 70  # characters of an account, a line id or a reference: twice what ISO 20022 allows for most
# The reference of a payment in free text: no Chinese, at least six characters, with a digit.
_REFERENCE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9_./-]*\d)[A-Za-z0-9][A-Za-z0-9_./-]{5,69}", re.ASCII)
_PERSONAL = re.compile(r"(?:86)?1\d{10}|\d{17}[\dXx]|\d{15}|\d{16,19}", re.ASCII)  # phones, identity cards, cards


class BankPart(NamedTuple):
    """One payment of a line that covers several (a batch); `amount_minor` has the sign of its line."""

    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class StatedLine:
    """One booked line of a bank statement. `amount_minor` is fen, positive for incoming money.

    `reversal`: the line reverses an earlier one. `payments` is the number of payments that the line covers; `parts`
    are these payments, if the statement lists them. Names and texts of the other party are not kept.
    """

    account: str
    statement: str
    line_id: str
    booked_on: date
    valued_on: date
    amount_minor: int
    currency: str
    reference: str
    reversal: bool = False
    payments: int = 1
    is_fee: bool = False
    parts: Sequence[BankPart] = ()


class BankFile(NamedTuple):
    """A parsed file: its lines with their line numbers, the faults, the line numbers of entries that the bank has
    not booked yet, which are not imported, and what may be wrong with the file but does not prevent its import."""

    table: Table
    lines: Sequence[tuple[int, StatedLine]]
    faults: Mapping[str, Fault]
    pending: Sequence[int]
    doubts: Mapping[str, Fault] = {}


def reference_in(*texts: str) -> str:
    """Return the first payment reference in these texts, or an empty string. Numbers that may be those of a phone,
    an identity card or a bank card are skipped."""
    for text in texts:
        for match in _REFERENCE.finditer(text):
            if not _PERSONAL.fullmatch(match[0]):
                return match[0]
    return ""
