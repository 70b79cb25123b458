"""The cell values of exported tables, in any file format: texts, whole numbers, times (shown in Beijing time),
days, sums of money, and None for an empty cell."""

import re
from typing import Any

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
# The beginning of a formula, also after spaces and invisible characters, and with full-width signs (OWASP: CSV
# injection). Tab and line feed count on their own, because some programs split the cell there.
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b\uff05\uff5c]"
)


class Yuan(int):
    """Fen, shown as yuan with two decimals: `str(Yuan(1_234_50))` is '1234.50'."""

    def __str__(self) -> str:
        whole, fen = divmod(abs(self), 100)
        return f"{'-' if self < 0 else ''}{whole}.{fen:02d}"


def runs_as_formula(value: Any) -> bool:
    """Return whether a spreadsheet could take a cell for a formula."""
    return isinstance(value, str) and bool(_FORMULA.match(value)) and not _NUMBER.fullmatch(value)
