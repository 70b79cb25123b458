"""Rate projects: the rules of a pot may require a minimum rating."""

from campaigns.audit import changed, record_audit
from campaigns.projects.models import Project, ProjectRating
from campaigns.projects.states import Status
from campaigns.projects.transitions import bump_matching_versions, lock_project, state_conflict
from kernel.db import Tx
from kernel.errors import Invalid, fault
from matching.rules import MAX_RATING


def rate(tx: Tx, project_id: int, rating: int, actor: str) -> Project:
    """Rate a project from 1 to 5 stars, or 0 for not rated. Idempotent.

    The rating counts for match that is decided from now on; existing reservations stay. Raises NotFound
    `project_unknown`, Invalid `project_invalid`, Conflict `project_state` if the project is closed.
    """
    if not 0 <= rating <= MAX_RATING:
        raise Invalid("project_invalid", fields={"rating": fault("out_of_range", least=0, most=MAX_RATING)})
    project = lock_project(tx, project_id)
    if project.status == Status.CLOSED:
        raise state_conflict(project)
    old = project.rating
    if rating != old:
        # Lock the campaigns first: transactions that are deciding match in them commit before the rating gets its
        # place in the order, and later ones see the rating.
        bump_matching_versions(tx, project_id)
        project.rating = rating
        tx.add(ProjectRating(project_id=project_id, rating=rating, rated_at=tx.now, actor=actor))
        record_audit(
            tx, actor, "project.rate", f"project:{project_id}", **changed({"rating": old}, {"rating": rating})
        )
    return tx.add(project)
