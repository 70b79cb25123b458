"""How a project is rated: pots may ask for a minimum."""

from campaigns.audit import record_audit
from campaigns.projects.models import Project, ProjectRating
from campaigns.projects.states import Status
from campaigns.projects.transitions import locked, raise_versions
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from matching.rules import MAX_RATING


def rate(tx: Tx, project_id: int, rating: int, actor: str) -> Project:
    """Rate a project from 1 to 5 stars, or 0: not rated (ours). It counts for match that is decided from now on;
    what was promised stays. The same rating again changes nothing.

    Raises NotFound `project_unknown`, Invalid `project_invalid`, Conflict `project_state` once it is closed.
    """
    if not 0 <= rating <= MAX_RATING:
        wrong = {"rating": f"must be a whole number from 0 to {MAX_RATING}"}
        raise Invalid("project_invalid", fields=wrong)
    project = locked(tx, project_id)
    if project.status == Status.CLOSED:
        raise Conflict("project_state", **{"from": project.status})
    was = project.rating
    if rating != was:
        # The campaigns first: whoever decides match in them now is done before the rating takes its place in the
        # order, and whoever comes later sees it.
        raise_versions(tx, project_id)
        project.rating = rating
        tx.add(ProjectRating(project_id=project_id, rating=rating, rated_at=tx.now, actor=actor))
        record_audit(tx, actor, "project.rate", f"project:{project_id}", old=was, new=rating)
    return tx.add(project)
