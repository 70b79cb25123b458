"""Read the corrections of a donation's project: the projects it was for, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.correction_models import ProjectCorrection
from campaigns.projects.names import project_names
from campaigns.projects.targets import target_histories
from kernel.db import Tx
from matching.rebuild import as_of
from matching.rules import Target


@dataclass(frozen=True, slots=True)
class Correction:
    """A donation's move to another project, with its donor's consent: `amount_minor` of it, and its match before
    and after, in fen."""

    at: datetime
    from_project: str
    to_project: str
    amount_minor: int
    match_before_minor: int
    match_after_minor: int


def corrections_of(tx: Tx, donation_id: UUID) -> list[ProjectCorrection]:
    """Return the corrections of a donation's project, oldest first."""
    own = select(ProjectCorrection).where(ProjectCorrection.donation_id == donation_id)
    return tx.all(own.order_by(col(ProjectCorrection.number)))


def shown(tx: Tx, corrections: Sequence[ProjectCorrection]) -> tuple[Correction, ...]:
    """Return corrections with the names of projects, for display."""
    if not corrections:
        return ()
    ids = {id_ for row in corrections for id_ in (row.from_project_id, row.to_project_id)}
    names = {project.id: project.name for project in project_names(tx, ids)}
    return tuple(
        Correction(
            row.corrected_at,
            names[row.from_project_id],
            names[row.to_project_id],
            row.amount_minor,
            row.match_before_minor,
            row.match_after_minor,
        )
        for row in corrections
    )


class Projects:
    """The projects that a donation was for, in order, and what matching knew of each."""

    def __init__(self, tx: Tx, project_id: int, corrections: Sequence[ProjectCorrection]) -> None:
        self._before = [(row.position or 0, row.from_project_id) for row in corrections]
        self._last = project_id
        self._histories = target_histories(tx, {project_id, *(id_ for _, id_ in self._before)})

    def target_at(self, position: int) -> Target:
        """Return the project of the donation at a position, as it was then."""
        id_ = next((id_ for until, id_ in self._before if position < until), self._last)
        return as_of(self._histories[id_], position)
