"""Suggest places of a campaign with a similar name when a search finds no project."""

from collections.abc import Sequence
from typing import NamedTuple

from kernel.db import Tx

MOST_SUGGESTED = 5
_MOST_PLACES = 5_000
_LEAST_LIKENESS = 0.34


class Place(NamedTuple):
    """A place with projects in a campaign. `search` is its name in pinyin, or "" if it has not been spelled yet."""

    code: str
    name: str
    search: str


def similar_places(tx: Tx, campaign_id: int, typed: str) -> list[Place]:
    """Return the places of a campaign whose names are most similar to the typed text, most similar first."""
    places = tx.rows_as(
        Place,
        """SELECT o.code, o.name, coalesce(s.search, '') AS search
             FROM organisation o LEFT JOIN spelling s ON s.name = o.name
            WHERE o.parent_code IS NOT NULL AND o.code IN (
                  SELECT unnest(p.lineage) FROM campaign_entry e JOIN project p ON p.id = e.project_id
                   WHERE e.campaign_id = :campaign)
            LIMIT :most""",
        campaign=campaign_id,
        most=_MOST_PLACES,
    )
    return most_similar(places, typed)


def most_similar(places: Sequence[Place], typed: str) -> list[Place]:
    """PURE. Return the places whose names share most characters, or pairs of letters, with the typed text."""
    words = [word for word in typed.lower().split() if word]
    scored = [(max((_likeness(place, word) for word in words), default=0.0), place) for place in places]
    likely = sorted((pair for pair in scored if pair[0] >= _LEAST_LIKENESS), key=lambda pair: (-pair[0], pair[1]))
    return [place for _, place in likely[:MOST_SUGGESTED]]


def _likeness(place: Place, word: str) -> float:
    """Return from 0 to 1 how similar a name and a word are."""
    if word.isascii():
        return _shared(_pairs(word), _pairs(place.search.partition(" ")[0]))
    return _shared(set(word), set(place.name.lower()))


def _pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(len(text) - 1)}


def _shared(first: set[str], second: set[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
