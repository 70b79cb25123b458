"""Pictures of projects, for managers."""

from typing import Any

from flask import request

from app.api.base import make_blueprint
from app.api.projects.picture_schemas import PictureChange, PictureOut, PictureQuery, RemovalIn
from app.current import deps
from app.http import access
from app.http.pictures import picture_bytes, uploaded_picture
from campaigns.disclosure.pictures import picture_of, pictures_of
from campaigns.network.roles import Permission
from campaigns.projects import pictures, projects
from campaigns.projects.pictures import PictureText

blueprint = make_blueprint("pictures", "Pictures of projects: JPEG, PNG or WebP, written anew without metadata.")


@blueprint.get("/projects/<id:project_id>/pictures")
@access.managers(Permission.READ)
@blueprint.response(200, PictureOut(many=True))
def list_pictures(project_id: int) -> Any:
    """List the pictures of a project in their order."""
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        return pictures_of(tx, project_id)


@blueprint.post("/projects/<id:project_id>/pictures")
@access.managers(Permission.PROJECTS_WRITE, own_transactions=True, content=picture_bytes)
@blueprint.arguments(PictureQuery, location="query")
@blueprint.response(201, PictureOut)
def add(query: dict[str, Any], project_id: int) -> Any:
    """Add a picture: the body, or the field `file` of a form. Repeating an upload adds no second picture."""
    text = PictureText(**query)
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        pictures.require_text(tx, text)
    picture_id = pictures.add_picture(deps(), project_id, text, uploaded_picture(request), access.actor())
    with deps().db.transaction() as tx:
        return picture_of(tx, project_id, picture_id)


@blueprint.route("/projects/<id:project_id>/pictures/<id:picture_id>", methods=["PATCH"])
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.arguments(PictureChange)
@blueprint.response(200, PictureOut)
def change(body: dict[str, Any], project_id: int, picture_id: int) -> Any:
    """Change a picture's description, its focus, or its position among the others."""
    with deps().db.transaction() as tx:
        pictures.change_picture(tx, project_id, picture_id, body, access.actor())
        return picture_of(tx, project_id, picture_id)


@blueprint.post("/projects/<id:project_id>/pictures/<id:picture_id>/remove")
@access.managers(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
@blueprint.arguments(RemovalIn)
@blueprint.response(204)
def remove(body: dict[str, Any], project_id: int, picture_id: int) -> None:
    """Remove a picture permanently, with its files, even from a closed project."""
    with deps().db.transaction() as tx:
        pictures.remove_picture(tx, deps(), project_id, picture_id, body["reason"], access.actor())
