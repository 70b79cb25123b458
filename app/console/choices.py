"""Places and projects that managers choose by name. The forms send codes and ids."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.totals import PotView
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network import search
from campaigns.projects.names import project_names
from kernel.db import Tx
from kernel.paging import Page
from kernel.text import is_storable

MOST_FOUND = 30
FEW_SHOWN = 8
MOST_SOUGHT = 60  # characters


class Choice(NamedTuple):
    """An option: its code or id, its name, and its place."""

    value: str
    name: str
    place: str


def places(
    tx: Tx, codes: Collection[str], words: str = "", branch: str | None = None, *, closed: bool = False
) -> list[Choice]:
    """Return organisations by code, then those of a branch whose name contains `words`. `closed` includes closed
    ones."""
    chosen = [Choice(*place) for place in search.places(tx, codes)]
    places_named = search.search(tx, words, branch, closed=closed)
    return chosen + [Choice(*place) for place in places_named if place.code not in codes]


def of_level(tx: Tx, branch: str | None, *levels: str) -> list[Choice]:
    """Return the organisations of these levels in a branch, such as the city or the counties."""
    return [Choice(*place) for place in search.places_of_level(tx, branch, *levels)]


def names_of_projects(tx: Tx, pots: Sequence[PotView]) -> dict[int, str]:
    """Return the names of the projects that the pots' rules mention, by id."""
    ids = {id_ for pot in pots for id_ in pot.rules.get("scope", {}).get("projects", ())}
    return {project.id: project.name for project in project_names(tx, ids)}


def projects(tx: Tx, ids: Collection[int], words: str = "") -> list[Choice]:
    """Return projects by id, then those whose name, code or village matches `words`."""
    chosen = [
        Choice(str(project.id), project.name, f"{project.code} {project.county}")
        for project in project_names(tx, ids)
    ]
    words = words.strip()[:MOST_SOUGHT]
    if not words or not is_storable(words):
        return chosen
    rows, _ = listed(tx, ProjectQuery(q=words, sort="newest"), Page(1, MOST_FOUND))
    return chosen + [
        Choice(str(row.id), row.name, f"{row.code} {row.county_name}") for row in rows if row.id not in ids
    ]


def entered(tx: Tx, slug: str, ids: Collection[int], words: str, branch: str | None) -> list[Choice]:
    """Return projects by id, then those of a branch in the campaign whose name, code or village matches `words`.

    Without words it returns only a few of them.
    """
    chosen = projects(tx, ids)
    words = words.strip()[:MOST_SOUGHT]
    campaign_id = find_campaign(tx, slug).id
    q = words if is_storable(words) else ""
    page = Page(1, MOST_FOUND if q else FEW_SHOWN)
    rows, _ = listed(tx, ProjectQuery(campaign_id, q=q, sort="newest", branch=branch), page)
    return chosen + [
        Choice(str(row.id), row.name, f"{row.code} {row.county_name}") for row in rows if row.id not in ids
    ]
