"""PURE. Decide who wins an award: turn the figures of all who are ranked into places."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple


class Figures(NamedTuple):
    """The figures of a ranked entry, in fen. `offline_minor` is the offline part of `raised_minor`, `last_at` the
    time of its last counted gift, `reached_at` when it reached the mark of `fastest` (None: never, or no mark)."""

    code: str
    name: str
    parent_name: str
    donors: int
    donations: int
    raised_minor: int
    offline_minor: int
    matched_minor: int
    last_at: datetime
    reached_at: datetime | None

    @property
    def total_minor(self) -> int:
        return self.raised_minor + self.matched_minor


class Winner(NamedTuple):
    """A place, counted from 1, and its winner."""

    place: int
    figures: Figures


class _Key(NamedTuple):
    """What decides a place: the figure (the smallest is the best), then the time."""

    value: int
    at: datetime


_NO_TIME = datetime.min.replace(tzinfo=UTC)
_VALUES: Mapping[str, Callable[[Figures], int]] = {
    "donors": lambda row: row.donors,
    "donations": lambda row: row.donations,
    "raised": lambda row: row.raised_minor,
    "total": lambda row: row.total_minor,
}


def winners(rows: Iterable[Figures], criterion: str, places: int, tie: str) -> Sequence[Winner]:
    """Return the winners of the first `places` places, best first; equal ones in the order of their codes.

    Entries without any figure are not ranked. With the tie rule `earlier`, entries are equal only if their last
    gifts came at the same moment. Equal entries share a place and the places after it stay empty, so that there can
    be more winners than places.
    """
    if criterion == "fastest":
        keyed = [(_Key(0, row.reached_at), row) for row in rows if row.reached_at]
    else:
        value = _VALUES[criterion]
        keyed = [
            (_Key(-value(row), row.last_at if tie == "earlier" else _NO_TIME), row) for row in rows if value(row)
        ]
    keyed.sort(key=lambda ranked: (ranked[0], ranked[1].code))
    return [winner for winner in _placed(keyed) if winner.place <= places]


def _placed(keyed: Sequence[tuple[_Key, Figures]]) -> list[Winner]:
    placed: list[Winner] = []
    for index, (key, row) in enumerate(keyed):
        equal = index > 0 and keyed[index - 1][0] == key
        placed.append(Winner(placed[-1].place if equal else index + 1, row))
    return placed
