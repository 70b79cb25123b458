"""News of villages, for managers."""

from typing import Any

from flask import request

from app.api.base import make_blueprint
from app.api.projects.picture_schemas import ManagedNewsOut, NewsChange, NewsIn, PictureOut, PictureQuery
from app.api.reason_schemas import ReasonIn
from app.current import deps
from app.http import access
from app.http.pictures import picture_bytes, uploaded_picture
from campaigns.disclosure.pictures import news_item, news_of, picture_of
from campaigns.network.roles import Permission
from campaigns.projects import news, projects
from campaigns.projects.news import NewsText
from campaigns.projects.pictures import PictureText, require_text

blueprint = make_blueprint("news", "News of villages: what happened with the money.")


@blueprint.get("/projects/<id:project_id>/news")
@access.managers(Permission.READ)
@blueprint.response(200, ManagedNewsOut(many=True))
def list_news(project_id: int) -> Any:
    """List the news of a project, newest first, including hidden ones."""
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        return news_of(tx, project_id, hidden=True)


@blueprint.post("/projects/<id:project_id>/news")
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.arguments(NewsIn)
@blueprint.response(201, ManagedNewsOut)
def add(body: dict[str, Any], project_id: int) -> Any:
    """Publish news of a project. They are public at once."""
    with deps().db.transaction() as tx:
        row = news.add_news(tx, project_id, NewsText(**body), access.actor())
        return news_item(tx, project_id, row.id or 0)


@blueprint.route("/projects/<id:project_id>/news/<id:news_id>", methods=["PATCH"])
@access.managers(Permission.PROJECTS_WRITE)
@blueprint.arguments(NewsChange)
@blueprint.response(200, ManagedNewsOut)
def change(body: dict[str, Any], project_id: int, news_id: int) -> Any:
    """Change news."""
    with deps().db.transaction() as tx:
        news.change_news(tx, project_id, news_id, body, access.actor())
        return news_item(tx, project_id, news_id)


@blueprint.post("/projects/<id:project_id>/news/<id:news_id>/picture")
@access.managers(Permission.PROJECTS_WRITE, own_transactions=True, content=picture_bytes)
@blueprint.arguments(PictureQuery, location="query")
@blueprint.response(201, PictureOut)
def illustrate(query: dict[str, Any], project_id: int, news_id: int) -> Any:
    """Set the picture of news, replacing the previous one: the body, or the field `file` of a form."""
    text = PictureText(**query)
    with deps().db.transaction() as tx:
        news.find_news(tx, project_id, news_id)
        require_text(tx, text)
    picture = uploaded_picture(request)
    picture_id = news.illustrate(deps(), project_id, news_id, text, picture, access.actor())
    with deps().db.transaction() as tx:
        return picture_of(tx, project_id, picture_id)


@blueprint.post("/projects/<id:project_id>/news/<id:news_id>/hide")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, ManagedNewsOut)
def hide(body: dict[str, Any], project_id: int, news_id: int) -> Any:
    """Hide news and its picture from the public."""
    with deps().db.transaction() as tx:
        news.hide_news(tx, project_id, news_id, body["reason"], access.actor())
        return news_item(tx, project_id, news_id)


@blueprint.post("/projects/<id:project_id>/news/<id:news_id>/show")
@access.managers(Permission.PROJECTS_APPROVE)
@blueprint.response(200, ManagedNewsOut)
def show(project_id: int, news_id: int) -> Any:
    """Show hidden news again."""
    with deps().db.transaction() as tx:
        news.show_news(tx, project_id, news_id, access.actor())
        return news_item(tx, project_id, news_id)
