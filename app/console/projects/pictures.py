"""Pictures and news of a project: upload, describe, choose the cover, remove, hide."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused
from app.console.written import require_own
from app.current import deps
from app.forms import Form
from app.http import access
from app.http.pictures import picture_response, uploaded_picture
from campaigns.disclosure.pictures import picture_of
from campaigns.network.roles import Caller, Permission
from campaigns.projects import news, pictures
from campaigns.projects.news import NewsText
from campaigns.projects.picture_file import Rewritten
from campaigns.projects.pictures import PictureText
from campaigns.projects.transitions import lock_project
from kernel.db import Tx
from kernel.errors import Invalid, Refusal, fault

Do = Callable[[Tx, Caller], Any]


@blueprint.get("/projects/<int:project_id>/pictures/<int:picture_id>-<int:width>.webp", endpoint="picture")
@access.signed_in(Permission.READ)
def show(project_id: int, picture_id: int, width: int) -> Response:
    """Return a picture, public or not."""
    with deps().db.transaction() as tx:
        file_key = picture_of(tx, project_id, picture_id).file_key
    return picture_response(file_key, width)


@blueprint.post("/projects/<int:project_id>/pictures", endpoint="picture_add")
@access.signed_in(Permission.PROJECTS_WRITE)
def add(project_id: int) -> Response:
    """Add a picture."""

    def do(text: PictureText, picture: Rewritten) -> Do:
        return lambda _tx, caller: pictures.add_picture(deps(), project_id, text, picture, caller.name)

    return _uploaded(_back(project_id, "pictures"), do)


@blueprint.post("/projects/<int:project_id>/pictures/<int:picture_id>", endpoint="picture_change")
@access.signed_in(Permission.PROJECTS_WRITE)
def change(project_id: int, picture_id: int) -> Response:
    """Change the description and focus of a picture, or make it the cover."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        if request.form.get("verb") == "first":
            changes: dict[str, Any] = {"position": 1}
        else:
            focus = {name: form.whole(name) for name in ("focus_x", "focus_y")}
            texts = {name: form[name] for name in ("caption", "place")}
            day = {"taken_on": _day(form, "taken_on", "picture_invalid")}
            typed = texts | day | {name: value for name, value in focus.items() if value is not None}
            lock_project(tx, project_id)
            row = pictures.find_picture(tx, project_id, picture_id)
            now = {name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in typed}
            sent, subject = {name: form[name] for name in typed}, f"project:{project_id}"
            names = require_own(tx, subject, form, sent, now, action="project.picture_change")
            changes = {name: typed[name] for name in names}
        pictures.change_picture(tx, project_id, picture_id, changes, caller.name)

    return act(None, _back(project_id, "pictures"), do, _("图片的说明已保存。"))


@blueprint.post("/projects/<int:project_id>/pictures/<int:picture_id>/remove", endpoint="picture_remove")
@access.signed_in(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
def remove(project_id: int, picture_id: int) -> Response:
    """Remove a picture permanently."""

    def do(tx: Tx, caller: Caller) -> None:
        reason = request.form.get("reason", "")
        pictures.remove_picture(tx, deps(), project_id, picture_id, reason, caller.name)

    return act(None, _back(project_id, "pictures"), do, _("图片已撤下，文件已删除。"))


@blueprint.post("/projects/<int:project_id>/news", endpoint="news_add")
@access.signed_in(Permission.PROJECTS_WRITE)
def add_news(project_id: int) -> Response:
    """Add news of the village."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        day = _day(form, "happened_on", "news_invalid")
        if day is None:
            raise Invalid("news_invalid", fields={"happened_on": fault("required")})
        news.add_news(tx, project_id, NewsText(day, form["title"], form["text"]), caller.name)

    return act(None, _back(project_id, "news"), do, _("消息已发布在项目页上。"))


@blueprint.post("/projects/<int:project_id>/news/<int:news_id>/picture", endpoint="news_picture")
@access.signed_in(Permission.PROJECTS_WRITE)
def illustrate(project_id: int, news_id: int) -> Response:
    """Add a picture to news."""

    def do(text: PictureText, picture: Rewritten) -> Do:
        return lambda _tx, caller: news.illustrate(deps(), project_id, news_id, text, picture, caller.name)

    return _uploaded(_back(project_id, "news"), do)


@blueprint.post("/projects/<int:project_id>/news/<int:news_id>/<any(hide, show):verb>", endpoint="news_act")
@access.signed_in(Permission.PROJECTS_APPROVE)
def judge_news(project_id: int, news_id: int, verb: str) -> Response:
    """Hide news from the public, or show them again."""

    def do(tx: Tx, caller: Caller) -> None:
        if verb == "show":
            news.show_news(tx, project_id, news_id, caller.name)
        else:
            news.hide_news(tx, project_id, news_id, Form(request.form)["reason"], caller.name)

    done = _("消息已重新显示。") if verb == "show" else _("消息已隐藏。")
    return act(None, _back(project_id, "news"), do, done)


def _uploaded(back: str, do: Callable[[PictureText, Rewritten], Do]) -> Response:
    """Read the uploaded picture before any transaction begins, then run the act that `do` returns for it."""
    form = Form(request.form)
    try:
        text = PictureText(
            caption=form["caption"],
            place=form["place"],
            taken_on=_day(form, "taken_on", "picture_invalid"),
            people=form["people"],
            consented=form["consented"] == "yes",
        )
        picture = uploaded_picture(request)
    except Refusal as refusal:
        return refused(refusal, back)
    return act(None, back, do(text, picture), _("图片已加上。"))


def _day(form: Form, name: str, code: str) -> date | None:
    try:
        return date.fromisoformat(form[name]) if form[name] else None
    except ValueError:
        raise Invalid(code, fields={name: fault("not_a_date")}) from None


def _back(project_id: int, part: str) -> str:
    return url_for("console.project", project_id=project_id, _anchor=part)
