"""Projects, for managers: draft, review, approval."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import blueprint, page_of
from app.api.project_schemas import ProjectChange, ProjectIn, ProjectOut, ProjectQuery, ProjectRowOut, ReasonIn
from app.current import deps
from app.http import access
from campaigns.disclosure.catalogue import listed
from campaigns.network.organisations import find as find_organisation
from campaigns.network.roles import Permission
from campaigns.projects import drafts, projects, transitions
from campaigns.projects.drafts import NewProject
from campaigns.projects.rating import rate
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.money import CURRENCY

blp = blueprint("projects", "Village projects.")


@blp.get("/projects")
@access.managers(Permission.READ)
@blp.arguments(ProjectQuery, location="query")
@blp.response(200, ProjectRowOut(many=True))
@blp.paginate()
def list_projects(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """All projects, with what each raised in all events."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        rows, asked.item_count = listed(tx, page=page_of(asked), **query)
    return [{**row._asdict(), "currency": CURRENCY} for row in rows]


@blp.get("/projects/<id:project_id>")
@access.managers(Permission.READ)
@blp.response(200, ProjectOut)
def show(project_id: int) -> Any:
    with deps().db.transaction() as tx:
        return projects.find(tx, project_id)


@blp.post("/projects")
@access.managers(Permission.PROJECTS_WRITE)
@blp.arguments(ProjectIn)
@blp.response(201, ProjectOut)
def create(given: dict[str, Any]) -> Any:
    """A new project in draft."""
    wanted = NewProject(organisation_code=given.pop("organisation"), **given)
    with deps().db.transaction() as tx:
        _inside_branch(tx, wanted.organisation_code)
        return drafts.create(tx, wanted, access.actor())


def _inside_branch(tx: Tx, code: str) -> None:
    """An organisation that does not exist is a fault of the body, which the use case names."""
    try:
        access.require_branch(find_organisation(tx, code).lineage)
    except NotFound:
        return


@blp.route("/projects/<id:project_id>", methods=["PATCH"])
@access.managers(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
@blp.arguments(ProjectChange)
@blp.response(200, ProjectOut)
def change(given: dict[str, Any], project_id: int) -> Any:
    """Change a draft; rate any project that is not closed.

    A rating belongs to those who approve projects. It counts for match that is decided from then on.
    """
    rating = given.pop("rating", None)
    with deps().db.transaction() as tx:
        found = projects.find(tx, project_id)
        if given or rating is None:
            access.require_branch(found.lineage, Permission.PROJECTS_WRITE)
            found = drafts.change(tx, project_id, given, access.actor())
        if rating is not None:
            access.require_branch(found.lineage, Permission.PROJECTS_APPROVE)
            found = rate(tx, project_id, rating, access.actor())
        return found


@blp.post("/projects/<id:project_id>/submit")
@access.managers(Permission.PROJECTS_WRITE)
@blp.response(200, ProjectOut)
def submit(project_id: int) -> Any:
    """Hand it in for review."""
    with deps().db.transaction() as tx:
        access.require_branch(projects.find(tx, project_id).lineage)
        return transitions.submit(tx, project_id, access.actor())


@blp.post("/projects/<id:project_id>/approve")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.response(200, ProjectOut)
def approve(project_id: int) -> Any:
    """Let it take part in events."""
    with deps().db.transaction() as tx:
        access.require_branch(projects.find(tx, project_id).lineage)
        return transitions.approve(tx, project_id, access.actor())


@blp.post("/projects/<id:project_id>/suspend")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.arguments(ReasonIn)
@blp.response(200, ProjectOut)
def suspend(given: dict[str, Any], project_id: int) -> Any:
    """Stop it, and say why."""
    with deps().db.transaction() as tx:
        access.require_branch(projects.find(tx, project_id).lineage)
        return transitions.suspend(tx, project_id, given["reason"], access.actor())


@blp.post("/projects/<id:project_id>/resume")
@access.managers(Permission.PROJECTS_APPROVE)
@blp.arguments(ReasonIn)
@blp.response(200, ProjectOut)
def resume(given: dict[str, Any], project_id: int) -> Any:
    """Put it back to where it was before it was stopped."""
    with deps().db.transaction() as tx:
        access.require_branch(projects.find(tx, project_id).lineage)
        return transitions.resume(tx, project_id, access.actor(), given["reason"])
