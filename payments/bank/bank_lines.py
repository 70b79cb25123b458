"""PURE. What a bank statement says, whatever format it came in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kernel.errors import Fault
from kernel.tables import Table

MOST_TEXT = 70  # characters of an account, a line id or a reference: twice what ISO 20022 allows for most
# What names a payment in a text for people: no Chinese, six characters at least, with a digit.
_REFERENCE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9_./-]*\d)[A-Za-z0-9][A-Za-z0-9_./-]{5,69}", re.ASCII)
_PERSONAL = re.compile(r"(?:86)?1\d{10}|\d{17}[\dXx]|\d{15}|\d{16,19}", re.ASCII)  # phones, identity cards, cards


class BankPart(NamedTuple):
    """One payment of a line that stands for several (a batch); `amount_minor` has the sign of its line."""

    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class StatedLine:
    """One booked line of a bank statement. `amount_minor` is fen, above zero for money that came in.

    `reversal`: the bank took back an earlier line. `payments` is how many payments the line stands for;
    `parts` are these payments, where the statement lists them. Names and texts of the other side are not kept.
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
    """What was understood of a file: its lines, each with the number of the line at which it stands, what is wrong
    with it, and where lines stand that the bank has not booked yet, which are not taken."""

    table: Table
    lines: Sequence[tuple[int, StatedLine]]
    faults: Mapping[str, Fault]
    pending: Sequence[int]


def reference_in(*texts: str) -> str:
    """Return the first reference of a payment in these texts, or an empty string. Numbers that may be a phone, an
    identity card or a bank card are none."""
    for text in texts:
        for match in _REFERENCE.finditer(text):
            if not _PERSONAL.fullmatch(match[0]):
                return match[0]
    return ""
