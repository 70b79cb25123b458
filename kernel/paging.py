"""PURE. One page of a list: the only place that computes offsets and page numbers."""

from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")

MOST_PAGE = 1_000_000  # the number of a page that a caller may ask for


@dataclass(frozen=True, slots=True)
class Page:
    """The requested page of a list: its number, counted from 1, and the most rows on it."""

    number: int = 1
    size: int = 50

    @property
    def offset(self) -> int:
        """The number of rows before this page."""
        return (self.number - 1) * self.size

    def slice(self, rows: list[Row]) -> list[Row]:
        """Return the rows of this page, out of all rows."""
        return rows[self.offset : self.offset + self.size]

    def count(self, total: int) -> int:
        """Return the number of pages that `total` rows fill; an empty list has one page."""
        return max(-(-total // self.size), 1)


FIRST_PAGE = Page()
