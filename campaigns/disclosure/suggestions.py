"""Suggest places of a campaign with a similar name when a search finds no project: a wrong character, a homophone,
another ending (栾川市), a misspelt pinyin."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kernel.db import Tx

MOST_SUGGESTED = 5
_MOST_PLACES = 5_000
_LEAST_LIKENESS = 0.5
# What names of places end with; people omit it or type another one.
_ENDING = re.compile("(村?村民委员会|(社区)?居民委员会|村委会|居委会|街道|社区|[村镇乡县区市])$")


class Place(NamedTuple):
    """A place with projects in a campaign, and the name of the place that it belongs to, "" for a county.
    `syllables` is its name in pinyin, or "" if it has not been spelled yet."""

    code: str
    name: str
    syllables: str
    within: str = ""


def similar_places(tx: Tx, campaign_id: int, typed: str) -> list[Place]:
    """Return the places of a campaign whose names are most similar to the typed text, most similar first."""
    places = tx.rows_as(
        Place,
        """SELECT o.code, o.name, coalesce(s.syllables, '') AS syllables,
                  CASE WHEN above.parent_code IS NULL THEN '' ELSE above.name END AS within
             FROM organisation o JOIN organisation above ON above.code = o.parent_code
             LEFT JOIN spelling s ON s.name = o.name
            WHERE o.code IN (
                  SELECT unnest(p.lineage) FROM campaign_entry e JOIN project p ON p.id = e.project_id
                   WHERE e.campaign_id = :campaign)
            LIMIT :most""",
        campaign=campaign_id,
        most=_MOST_PLACES,
    )
    sounds = tx.rows("SELECT name, syllables FROM spelling WHERE name = ANY(:typed)", typed=list(set(typed)))
    return most_similar(places, typed, {row.name: row.syllables for row in sounds})


def most_similar(places: Sequence[Place], typed: str, sounds: Mapping[str, str]) -> list[Place]:
    """PURE. Return the places whose names share most characters and sounds, or pairs of letters, with a typed text.

    `sounds` is the pinyin of the typed characters, as far as it is known.
    """
    words = [_pairs(word) for word in typed.lower().split() if word.isascii()]
    characters = {character for character in typed if not character.isascii()}
    heard = characters | {sounds[character] for character in characters if character in sounds}
    scored = [(_likeness(place, heard, words), place) for place in places]
    likely = sorted((pair for pair in scored if pair[0][0] >= _LEAST_LIKENESS), reverse=True)
    return [place for _, place in likely[:MOST_SUGGESTED]]


def _likeness(place: Place, heard: set[str], words: Sequence[set[str]]) -> tuple[float, int]:
    """Return from 0 to 1 how similar a name without its ending is to the typed text, and how much they share."""
    stem = _ENDING.sub("", place.name) or place.name
    syllables = place.syllables.split()
    known = {*stem, *syllables[: len(stem)]}
    shared = len(known & heard)
    letters = (_pairs("".join(syllables[:length])) for length in (len(stem), len(stem) + 1))
    alike = max((_shared(pairs, word) for pairs in letters for word in words), default=0.0)
    return max(shared / len(known), alike), shared


def _pairs(text: str) -> set[str]:
    """Return the pairs of letters that follow each other; the first and the last letter count as pairs too."""
    marked = f" {text} "
    return {marked[start : start + 2] for start in range(len(marked) - 1)} if text else set()


def _shared(first: set[str], second: set[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
