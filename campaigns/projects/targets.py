"""What matching needs to know of projects, now and as it was."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from campaigns.projects.states import Status
from kernel.db import Tx
from matching.rebuild import TargetHistory
from matching.rules import Target


def targets(tx: Tx, project_ids: Collection[int]) -> dict[int, Target]:
    """Return the targets of many projects by id, with one query; ids without a project are left out."""
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
    """Return the targets of many projects as they changed, oldest first.

    Only the rating changes, from 0 (not rated); the place of a project in the tree does not.
    """
    ratings: dict[int, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)])
    rows = tx.rows(
        """SELECT project_id, position, rating FROM project_rating
            WHERE project_id = ANY(:ids) ORDER BY position, id""",
        ids=list(project_ids),
    )
    for row in rows:
        ratings[row.project_id].append((row.position, row.rating))
    return {
        project_id: [(position, replace(target, rating=rating)) for position, rating in ratings[project_id]]
        for project_id, target in targets(tx, project_ids).items()
    }


def projects_of_counties(tx: Tx, county_codes: Collection[str]) -> dict[int, str]:
    """Return the ids of all projects of these counties, each with the code of its county."""
    rows = tx.rows(
        "SELECT id, county_code FROM project WHERE county_code = ANY(:counties)", counties=list(county_codes)
    )
    return {row.id: row.county_code for row in rows}
