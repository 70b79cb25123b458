"""Places and projects that managers choose by name; the forms send codes and ids."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from campaigns.disclosure.catalogue import listed
from campaigns.disclosure.totals import PotView
from kernel.db import Tx
from kernel.paging import Page
from kernel.text import is_storable

MOST_FOUND = 30
MOST_SOUGHT = 60  # characters


class Choice(NamedTuple):
    """One thing to choose: its code or id, its name, and where it is."""

    value: str
    name: str
    place: str


_PLACES = """SELECT o.code, o.name, coalesce(string_agg(a.name, ' ' ORDER BY array_position(o.lineage, a.code)), '')
               FROM organisation o
               LEFT JOIN organisation a ON a.code = ANY(o.lineage[2:cardinality(o.lineage) - 1])
              WHERE {which} GROUP BY o.code ORDER BY cardinality(o.lineage), o.code LIMIT {most}"""
_PROJECTS = """SELECT p.id, p.name, p.code || ' ' || coalesce(o.name, '') FROM project p
                 LEFT JOIN organisation o ON o.code = p.county_code
                WHERE p.id = ANY(:ids) ORDER BY p.id"""


def places(tx: Tx, codes: Collection[str], sought: str = "") -> list[Choice]:
    """Organisations by their codes, then those whose name holds what is sought."""
    chosen = _places(tx, "o.code = ANY(:codes)", 1_000, codes=sorted(codes))
    return chosen + [one for one in find_places(tx, sought) if one.value not in codes]


def find_places(tx: Tx, sought: str) -> list[Choice]:
    """Organisations whose name holds what is sought, the highest level first."""
    words = sought.strip()[:MOST_SOUGHT]
    if not words or not is_storable(words):
        return []
    return _places(tx, "position(:words in o.name) > 0", MOST_FOUND, words=words)


def of_level(tx: Tx, *levels: str) -> list[Choice]:
    """All organisations of these levels: the city, the counties."""
    return _places(tx, "o.level = ANY(:levels)", 1_000, levels=list(levels))


def _places(tx: Tx, which: str, most: int, **values: Any) -> list[Choice]:
    return [Choice(*row) for row in tx.rows(_PLACES.format(which=which, most=most), **values)]


def project_names(tx: Tx, pots: Sequence[PotView]) -> dict[int, str]:
    """The names of the projects that the rules of pots name, by id."""
    ids = {one for pot in pots for one in pot.rules.get("scope", {}).get("projects", ())}
    return {row[0]: row[1] for row in tx.rows(_PROJECTS, ids=sorted(ids))}


def projects(tx: Tx, ids: Collection[int], sought: str = "") -> list[Choice]:
    """Projects by their ids, then those that are found by name, code or village."""
    chosen = [Choice(str(row[0]), *row[1:]) for row in tx.rows(_PROJECTS, ids=sorted(ids))]
    words = sought.strip()[:MOST_SOUGHT]
    if not words or not is_storable(words):
        return chosen
    rows, _total = listed(tx, q=words, sort="newest", page=Page(1, MOST_FOUND))
    return chosen + [
        Choice(str(row.id), row.name, f"{row.code} {row.county_name}") for row in rows if row.id not in ids
    ]
