"""Find organisations by name, for pickers."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.network.models import Organisation
from kernel.db import Tx
from kernel.text import is_storable

MOST_FOUND = 30
MOST_SOUGHT = 60  # characters


class Place(NamedTuple):
    """An organisation, and the names of those above it, except the city."""

    code: str
    name: str
    above: str


_PLACES = """SELECT o.code, o.name,
                    coalesce(string_agg(a.name, ' ' ORDER BY array_position(o.lineage, a.code)), '') AS above
               FROM organisation o
               LEFT JOIN organisation a ON a.code = ANY(o.lineage[2:cardinality(o.lineage) - 1])
              WHERE {which} GROUP BY o.code ORDER BY cardinality(o.lineage), o.code LIMIT {most}"""


def search(tx: Tx, words: str, branch: str | None = None, *, closed: bool = False) -> list[Place]:
    """Return organisations of a branch (None: all) whose name contains the words, highest level first. With
    `closed`, include closed ones."""
    words = words.strip()[:MOST_SOUGHT]
    if not words or not is_storable(words):
        return []
    which = "position(:words in o.name) > 0" + ("" if closed else " AND o.closed_at IS NULL")
    if branch is None:
        return _places(tx, which, MOST_FOUND, words=words)
    within = f"{which} AND o.lineage @> ARRAY[CAST(:branch AS text)]"
    return _places(tx, within, MOST_FOUND, words=words, branch=branch)


def places(tx: Tx, codes: Collection[str]) -> list[Place]:
    """Return organisations by their codes, highest level first."""
    return _places(tx, "o.code = ANY(:codes)", 1_000, codes=sorted(codes))


def places_of_level(tx: Tx, branch: str | None, *levels: str) -> list[Place]:
    """Return the organisations of these levels in a branch: the city, the counties."""
    which = "o.level = ANY(:levels) AND (CAST(:branch AS text) IS NULL OR :branch = ANY(o.lineage))"
    return _places(tx, which, 1_000, levels=list(levels), branch=branch)


def names(tx: Tx, codes: Collection[str]) -> dict[str, str]:
    """Return the names of organisations by code."""
    return dict(
        tx.all(select(Organisation.code, Organisation.name).where(col(Organisation.code).in_(sorted(codes))))
    )


def _places(tx: Tx, which: str, most: int, **values: Any) -> list[Place]:
    return tx.rows_as(Place, _PLACES.format(which=which, most=most), **values)
