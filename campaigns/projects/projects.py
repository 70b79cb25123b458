"""Find projects."""

from sqlmodel import col, select

from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.text import is_storable


def find(tx: Tx, project_id: int) -> Project:
    """Return the project with this id. Raises NotFound `project_unknown`."""
    return _known(tx.get(Project, project_id))


def by_code(tx: Tx, code: str) -> Project:
    """Return the project with this code. Raises NotFound `project_unknown`."""
    if not is_storable(code):
        return _known(None)
    return _known(tx.first(select(Project).where(col(Project.code) == code)))


def _known(project: Project | None) -> Project:
    if project is None:
        raise NotFound("project_unknown")
    return project
