"""What matching needs to know of projects, now and in the past."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from campaigns.projects.states import Status
from kernel.db import Tx
from matching.rebuild import TargetHistory
from matching.rules import Target


def targets(tx: Tx, project_ids: Collection[int]) -> dict[int, Target]:
    """Return project id -> target for many projects with one query. Unknown ids are left out."""
    rows = tx.rows(
        "SELECT id, level, tier, lineage, county_code, rating, status FROM project WHERE id = ANY(:ids)",
        ids=list(project_ids),
    )
    return {
        row.id: Target(
            row.id,
            row.level,
            row.tier,
            tuple(row.lineage),
            row.county_code,
            row.rating,
            row.status == Status.BLACKLISTED,
        )
        for row in rows
    }


def target_histories(tx: Tx, project_ids: Collection[int]) -> dict[int, TargetHistory]:
    """Return the history of the targets of many projects, oldest first.

    The rating changes, starting from 0 (not rated), and the place in the tree changes when its node is merged into
    another.
    """
    ratings: dict[int, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)])
    places = _places_before(tx, project_ids)
    rows = tx.rows(
        """SELECT project_id, position, rating FROM project_rating
            WHERE project_id = ANY(:ids) ORDER BY position, id""",
        ids=list(project_ids),
    )
    for row in rows:
        ratings[row.project_id].append((row.position, row.rating))
    return {
        project_id: _history(target, ratings[project_id], places[project_id])
        for project_id, target in targets(tx, project_ids).items()
    }


def _places_before(tx: Tx, project_ids: Collection[int]) -> dict[int, list[tuple[int, Sequence[str]]]]:
    """Return the former places of projects: (position up to which, lineage), oldest first."""
    places: dict[int, list[tuple[int, Sequence[str]]]] = defaultdict(list)
    rows = tx.rows(
        """SELECT project_id, position, lineage FROM project_move
            WHERE project_id = ANY(:ids) ORDER BY position""",
        ids=list(project_ids),
    )
    for row in rows:
        places[row.project_id].append((row.position, row.lineage))
    return places


def _history(
    target: Target, ratings: Sequence[tuple[int, int]], places: Sequence[tuple[int, Sequence[str]]]
) -> TargetHistory:
    """Return a project's target at each position where its rating or place changed."""
    changes = sorted({position for position, _ in (*ratings, *places)})
    return [(position, _at(target, position, ratings, places)) for position in changes]


def _at(
    target: Target,
    position: int,
    ratings: Sequence[tuple[int, int]],
    places: Sequence[tuple[int, Sequence[str]]],
) -> Target:
    rating = next(stars for since, stars in reversed(ratings) if since <= position)
    lineage = next((lineage for until, lineage in places if position < until), target.lineage)
    county = (*lineage[1:2], "")[0]
    return replace(target, rating=rating, lineage=tuple(lineage), county_code=county)


def projects_of_counties(tx: Tx, county_codes: Collection[str]) -> dict[int, str]:
    """Return project id -> county code for all projects of these counties."""
    rows = tx.rows(
        "SELECT id, county_code FROM project WHERE county_code = ANY(:counties)", counties=list(county_codes)
    )
    return {row.id: row.county_code for row in rows}
