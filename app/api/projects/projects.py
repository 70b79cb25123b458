"""Projects, for managers: draft, review, approval."""

from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.projects.project_schemas import (
    AdvanceIn,
    AnyProjectQuery,
    CommentIn,
    CommentOut,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    ProjectRowOut,
    TemplateOut,
)
from app.api.reason_schemas import ReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.pictures import covers
from campaigns.lifecycle import project_course
from campaigns.network.roles import Permission
from campaigns.projects import drafts, projects, review, transitions
from campaigns.projects.description import describe
from campaigns.projects.drafts import NewProject
from campaigns.projects.models import Project
from campaigns.projects.rating import rate
from campaigns.projects.templates import description_from, find_template, templates
from campaigns.projects.tiers import require_tier
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("projects", "Village projects.")


@blueprint.get("/projects")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(AnyProjectQuery, location="query")
@blueprint.response(200, ProjectRowOut(many=True))
@blueprint.paginate()
def list_projects(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List all projects with the amount that each raised in all campaigns."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = listed(tx, ProjectQuery(branch=scope.branch(), **query), page_of(paging))
        shown = covers(tx, [row.id for row in rows])
    return [{**row._asdict(), "picture": shown.get(row.id), "currency": CURRENCY} for row in rows]


@blueprint.get("/projects/<id:project_id>")
@access.managers(Permission.READ)
@blueprint.response(200, ProjectOut)
def show(project_id: int) -> Any:
    with deps().db.transaction() as tx:
        return projects.find(tx, project_id)


@blueprint.get("/projects/templates")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, TemplateOut(many=True))
def list_templates() -> Any:
    """List the approved projects of organisations above villages, from which a project can start."""
    with deps().db.transaction() as tx:
        return templates(tx, scope.branch())


@blueprint.post("/projects")
@access.managers(Permission.PROJECTS_WRITE, where=Where.NAMED)
@blueprint.arguments(ProjectIn)
@blueprint.response(201, ProjectOut)
def create(body: dict[str, Any]) -> Any:
    """Create a draft project. With `template`, what the body does not describe is taken from that project: what an
    amount buys, and the budget in proportion to the target."""
    template_id = body.pop("template", None)
    wanted = NewProject(organisation_code=body.pop("organisation"), **body)
    with deps().db.transaction() as tx:
        scope.require_node(tx, wanted.organisation_code)
        if template_id is not None:
            template = find_template(tx, template_id, scope.branch())
            described = description_from(tx, template, wanted.target_minor) | dict(wanted.description)
            wanted = wanted._replace(description=described)
        require_tier(tx, wanted.tier, scope.branch())
        return drafts.create(tx, wanted, access.actor())


@blueprint.route("/projects/<id:project_id>", methods=["PATCH"])
@access.managers(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
@blueprint.arguments(ProjectChange)
@blueprint.response(200, ProjectOut)
def change(body: dict[str, Any], project_id: int) -> Any:
    """Change a draft or a suspended project; describe or rate any project that is not closed.

    What a sum does (`unit`), the budget and the contact may change later too. Those who approve projects may change
    the budget of a submitted one, and rate it. A rating counts for match that is decided from then on.
    """
    rating, description = body.pop("rating", None), body.pop("description", None)
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        if description is not None:
            project = _describe(tx, project_id, description)
        if body or (rating is None and description is None):
            access.require_declared(Permission.PROJECTS_WRITE)
            project = drafts.change(tx, project_id, body, access.actor())
        if rating is not None:
            access.require_declared(Permission.PROJECTS_APPROVE)
            project = rate(tx, project_id, rating, access.actor())
        return project


def _describe(tx: Tx, project_id: int, description: dict[str, Any]) -> Project:
    """Set the description as far as the caller's role allows."""
    reviewing = access.caller().may(Permission.PROJECTS_APPROVE)
    only_budget = set(description) == {"budget"}
    access.require_declared(Permission.PROJECTS_APPROVE if reviewing and only_budget else Permission.PROJECTS_WRITE)
    return describe(tx, project_id, description, access.actor(), reviewing=reviewing)


@blueprint.post("/projects/<id:project_id>/submit")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.response(200, ProjectOut)
def submit(project_id: int) -> Any:
    """Submit a project for review."""
    with deps().db.transaction() as tx:
        return transitions.submit(tx, project_id, access.actor())


@blueprint.post("/projects/<id:project_id>/approve")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.response(200, ProjectOut)
@may_wait(blueprint)
def approve(project_id: int) -> Any:
    """Approve a project, so that it may take part in campaigns."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "project.approve", project_id)
        return waiting(tx, outcome) or outcome


@blueprint.post("/projects/<id:project_id>/send-back")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, ProjectOut)
def send_back(body: dict[str, Any], project_id: int) -> Any:
    """Return a project under review for improvement, with an opinion. It is a draft again."""
    with deps().db.transaction() as tx:
        return review.send_back(tx, project_id, body["reason"], access.actor())


@blueprint.post("/projects/<id:project_id>/resubmit")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.response(200, ProjectOut)
def resubmit(project_id: int) -> Any:
    """Resubmit a suspended project for review after it was improved."""
    with deps().db.transaction() as tx:
        return review.resubmit(tx, project_id, access.actor())


@blueprint.get("/projects/<id:project_id>/comments")
@access.managers(Permission.READ)
@blueprint.response(200, CommentOut(many=True))
def comments(project_id: int) -> Any:
    """List colleagues' comments on a project, newest first."""
    with deps().db.transaction() as tx:
        return review.comments_of(tx, project_id)


@blueprint.post("/projects/<id:project_id>/comments")
@access.managers(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
@blueprint.arguments(CommentIn)
@blueprint.response(201, CommentOut)
def comment(body: dict[str, Any], project_id: int) -> Any:
    """Comment on a project for colleagues. No public page shows the comment."""
    with deps().db.transaction() as tx:
        return review.comment(tx, project_id, body["text"], access.actor())


@blueprint.post("/projects/<id:project_id>/suspend")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, ProjectOut)
def suspend(body: dict[str, Any], project_id: int) -> Any:
    """Suspend a project, with the reason."""
    with deps().db.transaction() as tx:
        return transitions.suspend(tx, project_id, body["reason"], access.actor())


@blueprint.post("/projects/<id:project_id>/advance")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.arguments(AdvanceIn)
@blueprint.response(200, ProjectOut)
def advance(body: dict[str, Any], project_id: int) -> Any:
    """Advance a project to executing, then evaluated, then closed. `reason`: the finding."""
    with deps().db.transaction() as tx:
        return project_course.advance(tx, project_id, body["reason"], access.actor(), body.get("rating"))


@blueprint.post("/projects/<id:project_id>/resume")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, ProjectOut)
def resume(body: dict[str, Any], project_id: int) -> Any:
    """Return a suspended project to its previous state."""
    with deps().db.transaction() as tx:
        return transitions.resume(tx, project_id, access.actor(), body["reason"])
