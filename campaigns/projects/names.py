"""Project names for lists to choose from."""

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from kernel.db import Tx


class ProjectName(NamedTuple):
    """A project's name, code and county (empty: none)."""

    id: int
    name: str
    code: str
    county: str


def project_names(tx: Tx, ids: Collection[int]) -> list[ProjectName]:
    """Return projects by their ids, ordered by id."""
    rows = tx.all(
        select(Project.id, Project.name, Project.code, func.coalesce(Organisation.name, ""))
        .join(Organisation, col(Organisation.code) == Project.county_code, isouter=True)
        .where(col(Project.id).in_(sorted(ids)))
        .order_by(col(Project.id))
    )
    return [ProjectName(*row) for row in rows]
