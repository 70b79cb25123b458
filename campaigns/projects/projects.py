"""Finding a project; and the one place from which others reach what happens to it."""

from sqlmodel import col, select

from campaigns.projects.draft import NewProject, change, create
from campaigns.projects.models import Project
from campaigns.projects.rating import rate
from campaigns.projects.targets import neighbours, over_time, target_of, targets
from campaigns.projects.transitions import approve, resume, submit, suspend
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.text import is_storable

__all__ = [
    "NewProject",
    "approve",
    "by_code",
    "change",
    "create",
    "find",
    "neighbours",
    "over_time",
    "rate",
    "resume",
    "submit",
    "suspend",
    "target_of",
    "targets",
]


def find(tx: Tx, project_id: int) -> Project:
    """One project. Raises NotFound `project_unknown`."""
    return _known(tx.get(Project, project_id) if 0 < project_id <= MOST_ID else None)


def by_code(tx: Tx, code: str) -> Project:
    """The project with this code. Raises NotFound `project_unknown`."""
    if not is_storable(code):
        return _known(None)
    return _known(tx.session.scalars(select(Project).where(col(Project.code) == code)).one_or_none())


def _known(found: Project | None) -> Project:
    if found is None:
        raise NotFound("project_unknown")
    return found
