"""Projects as matching sees them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from campaigns.projects.models import Project
from campaigns.projects.states import Status
from kernel.db import Tx
from matching.rebuild import TargetHistory
from matching.rules import Target


def target_of(project: Project) -> Target:
    """What matching must know of a project."""
    assert project.id is not None
    return Target(
        project.id,
        project.level,
        project.tier,
        tuple(project.lineage),
        project.county_code,
        project.rating,
        project.status == Status.BLACKLISTED,
    )


def targets(tx: Tx, project_ids: Collection[int]) -> dict[int, Target]:
    """The targets of many projects by id, in one query; an id that is no project has none."""
    rows = tx.rows(
        "SELECT id, level, tier, lineage, county_code, rating, status FROM project WHERE id = ANY(:ids)",
        ids=list(project_ids),
    )
    return {
        row.id: Target(row[0], row[1], row[2], tuple(row[3]), row[4], row[5], row.status == Status.BLACKLISTED)
        for row in rows
    }


def over_time(tx: Tx, project_ids: Collection[int]) -> dict[int, TargetHistory]:
    """The targets of many projects as they were, oldest first. Where a project stands does not change; it is not
    rated until somebody does."""
    ratings: dict[int, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)])
    for row in tx.rows(
        """SELECT project_id, position, rating FROM project_rating
            WHERE project_id = ANY(:ids) ORDER BY position, id""",
        ids=list(project_ids),
    ):
        ratings[row.project_id].append((row.position, row.rating))
    return {
        project_id: [(position, replace(target, rating=rating)) for position, rating in ratings[project_id]]
        for project_id, target in targets(tx, project_ids).items()
    }


def neighbours(tx: Tx, county_codes: Collection[str]) -> dict[int, str]:
    """All projects of these counties, and the county of each."""
    rows = tx.rows(
        "SELECT id, county_code FROM project WHERE county_code = ANY(:counties)", counties=list(county_codes)
    )
    return {row[0]: row[1] for row in rows}
