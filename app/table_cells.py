"""What stands in the cells of tables that leave the system, whatever the kind of file: texts, whole numbers, times
(shown in Beijing time), days, sums of money, and None for an empty cell."""

import re
from typing import Any

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
# What begins a formula, also behind spaces and characters that nobody sees, and as signs of full width (OWASP: CSV
# injection). Tab and line feed count by themselves: some programs cut the cell there.
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]"
)


class Yuan(int):
    """Fen, shown in yuan with two places: `str(Yuan(1_234_50))` is '1234.50'."""

    def __str__(self) -> str:
        whole, fen = divmod(abs(self), 100)
        return f"{'-' if self < 0 else ''}{whole}.{fen:02d}"


def runs_as_formula(value: Any) -> bool:
    """Whether a spreadsheet could take a cell for a formula."""
    return isinstance(value, str) and bool(_FORMULA.match(value)) and not _NUMBER.fullmatch(value)
