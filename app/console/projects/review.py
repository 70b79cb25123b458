"""The review of projects: the queue, the page of one project, and the actions of reviewers and makers."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, make_once, refusal_sentence, said_of
from app.console.desks.assignments import assignments_at
from app.console.forms import ConsoleForm
from app.console.projects.chosen import MOST, each_chosen
from app.console.written import require_seen, shown_before, written_fields
from app.current import deps
from app.duties import perform
from app.forms import format_yuan
from app.http import access, scope
from app.http.scope import Where
from app.i18n.giving_labels import THEMES
from app.i18n.labels import PROJECT_STATUSES, word
from app.web.blueprint import requested_page
from campaigns.audit import changed_meanwhile
from campaigns.lifecycle import project_course
from campaigns.network.organisations import names_of
from campaigns.network.roles import Caller, Permission
from campaigns.projects import drafts, projects, related, review, transitions
from campaigns.projects.models import Project, RelatedParties
from campaigns.projects.single_person import names_single_person
from campaigns.projects.states import Status
from campaigns.reasons import MOST_REASON
from kernel.db import Tx
from kernel.errors import Refusal
from matching.rules import MAX_RATING

PAGE_SIZE = MOST
_MENDED = (Status.DRAFT, Status.SUSPENDED)  # states in which the makers may change it


@blueprint.get("/projects/review", endpoint="reviews")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_reviews() -> str:
    """List the projects of the manager's branch that wait for review, oldest first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = review.waiting_projects(tx, scope.branch(), page)
        assigned = assignments_at(tx, "project", (row.project.id for row in rows))
        now = tx.now
    shown = {"rows": rows, "total": total, "page": page, "assigned": assigned}
    return render_template("console/reviews.html", now=now, **shown)


@blueprint.post("/projects/review", endpoint="reviews_approve")
@access.signed_in_to_act(Permission.PROJECTS_APPROVE, where=Where.LISTED)
def approve_several() -> Response:
    """Approve the chosen projects of the manager's branch.

    Safe to repeat, because an approved project no longer waits.
    """
    approved = each_chosen(lambda tx, project_id: perform(tx, "project.approve", project_id))
    if approved:
        flash(ngettext("已批准 %(num)s 个项目立项。", "已批准 %(num)s 个项目立项。", approved), "good")
    return redirect(url_for("console.reviews"), 303)


@blueprint.get("/projects/<int:project_id>/review", endpoint="project_review")
@access.signed_in(Permission.READ)
def show(project_id: int) -> str:
    """Show a project to its reviewers and makers."""
    return _page(project_id, None)


def _page(project_id: int, form: ConsoleForm | None, *, fresh: bool = False) -> str:
    """Render the page. It repeats the values that the submitted form was shown with. With `fresh` it shows the
    current ones, because the manager is told of a colleague's change."""
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        history, comments = review.history_of(tx, project_id), review.comments_of(tx, project_id)
        names, declared = names_of(tx, project.lineage), related.declaration_of(tx, project_id)
        assigned = assignments_at(tx, "project", [project_id])
        now = tx.now
    mends = project.status in _MENDED and access.opens("project_change")
    return render_template(
        "console/project_review.html",
        project=project,
        places=[names[code] for code in project.lineage if code in names],
        history=history,
        comments=comments,
        assigned=assigned,
        opinion=next((move for move in history if _is_sent_back(move)), None) if mends else None,
        form=form or ConsoleForm(_typed(project)),
        was=_typed(project) if fresh or form is None else shown_before(form, _typed(project)),
        mends=mends,
        declared=declared,
        single=names_single_person(project.name, project.summary),
        declared_shown=_declared_shown(declared),
        now=now,
        stars=range(1, MAX_RATING + 1),
    )


def _is_sent_back(move: Any) -> bool:
    return bool(move.reason) and move.to_status in _MENDED


def _typed(project: Project) -> dict[str, str]:
    """Return the form fields as a manager would have filled them in for this project."""
    target = format_yuan(project.target_minor)
    return {"name": project.name, "summary": project.summary, "theme": project.theme, "target_minor": target}


def _shown(name: str, now: dict[str, str]) -> str:
    return word(THEMES, now[name]) if name == "theme" else now[name]


@blueprint.post("/projects/<int:project_id>/change", endpoint="project_change")
@access.signed_in(Permission.PROJECTS_WRITE)
def change(project_id: int) -> str | Response | tuple[str, int]:
    """Store the fields that were changed on the form, without overwriting a concurrent change of another
    manager."""
    form = ConsoleForm(request.form)
    target = form.amount("target_minor")
    form.require("name", "target_minor")
    values = {"name": form["name"], "summary": form["summary"], "theme": form["theme"], "target_minor": target}
    if form.faults:
        return _page(project_id, form), 422

    def make() -> Response:
        with deps().db.transaction() as tx:
            now = _typed(transitions.lock_project(tx, project_id))
            names, overtaken = written_fields(form, {name: form[name] for name in now}, now)
            if overtaken:
                raise changed_meanwhile(
                    tx, f"project:{project_id}", {name: _shown(name, now) for name in overtaken}
                )
            if names:
                drafts.change(tx, project_id, {name: values[name] for name in names}, g.caller.name)
        flash(_("已保存。") if names else _("没有改动。"), "good")
        return redirect(url_for("console.project_review", project_id=project_id), 303)

    try:
        return make_once(make)
    except Refusal as refusal:
        form.add_refusal(refusal)
        form.faults.setdefault("", refusal_sentence(refusal))
        return _page(project_id, form, fresh=refusal.code == "changed_meanwhile"), 422


@blueprint.post("/projects/<int:project_id>/related", endpoint="project_related")
@access.signed_in_to_act(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
def declare_related(project_id: int) -> Response:
    """Declare whether the project has related parties."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        transitions.lock_project(tx, project_id)
        now = _declared_shown(related.declaration_of(tx, project_id))
        require_seen(tx, f"project:{project_id}", form, now, action="project.declare_related")
        related.declare(tx, project_id, form["related"] == "yes", form["text"], caller.name)

    return act(None, url_for("console.project_review", project_id=project_id), do, _("关联关系已申报。"))


def _declared_shown(declared: RelatedParties | None) -> dict[str, str]:
    """Return a declaration as the page shows it. A new declaration replaces it as a whole."""
    if declared is None:
        return {"related": ""}
    return {"related": declared.text or (_("有关联关系") if declared.related else _("没有关联关系"))}


def _advance(tx: Tx, project_id: int, finding: str) -> Project:
    """Advance the project from the status that the page showed: after a colleague's click, the same button would
    mean the next step. Raises what `advance` raises, and Conflict `changed_meanwhile`."""
    status = str(word(PROJECT_STATUSES, transitions.lock_project(tx, project_id).status))
    require_seen(
        tx, f"project:{project_id}", ConsoleForm(request.form), {"status": status}, action="project.advance"
    )
    return project_course.advance(tx, project_id, finding, access.actor(), _stars())


def _stars() -> int | None:
    """Return the stars of an evaluation; None if the form has none. What is no number is out of range."""
    text = request.form.get("rating")
    return None if text is None else int(text) if text in map(str, range(MAX_RATING + 1)) else -1


class _Verb(NamedTuple):
    """A step of the review: who may take it, what it does with the text of the form, and what it says when done."""

    permission: Permission
    do: Callable[[Tx, int, str], Any]
    done: str  # translated when it is shown


_VERBS = {
    "send_back": _Verb(
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, text: review.send_back(tx, id_, text, access.actor()),
        _l("已退回修改，意见写在经过里。"),
    ),
    "approve": _Verb(
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, _text: perform(tx, "project.approve", id_),
        _l("已批准立项。"),
    ),
    "submit": _Verb(
        Permission.PROJECTS_WRITE,
        lambda tx, id_, _text: transitions.submit(tx, id_, access.actor()),
        _l("已提交评审。"),
    ),
    "resubmit": _Verb(
        Permission.PROJECTS_WRITE,
        lambda tx, id_, _text: review.resubmit(tx, id_, access.actor()),
        _l("已重新提交评审。"),
    ),
    "resume": _Verb(
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, text: transitions.resume(tx, id_, access.actor(), text),
        _l("项目已恢复。"),
    ),
    "advance": _Verb(
        Permission.PROJECTS_APPROVE,
        _advance,
        _l("项目已进入下一阶段。"),
    ),
    "suspend": _Verb(
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, text: transitions.suspend(tx, id_, text, access.actor()),
        _l("项目已暂停。"),
    ),
}


@blueprint.post(f"/projects/<int:project_id>/<any({', '.join(_VERBS)}):verb>-review", endpoint="review_act")
@access.signed_in_to_act(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
def apply_verb(project_id: int, verb: str) -> Response:
    """Move a project forward or back in its review, and stay on its page."""
    step = _VERBS[verb]
    text = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]
    back = url_for("console.project_review", project_id=project_id)
    return act(step.permission, back, lambda tx, _caller: said_of(step.do(tx, project_id, text)), str(step.done))


@blueprint.post("/projects/<int:project_id>/comments", endpoint="project_comment")
@access.signed_in_to_act(Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE)
def comment(project_id: int) -> Response:
    """Comment on a project. Only staff see comments."""
    text = request.form.get("comment", "").replace("\x00", "")[: review.MOST_COMMENT]
    permission = (
        Permission.PROJECTS_WRITE if g.caller.may(Permission.PROJECTS_WRITE) else Permission.PROJECTS_APPROVE
    )
    back = url_for("console.project_review", project_id=project_id)

    def do(tx: Tx, _caller: Any) -> None:
        review.comment(tx, project_id, text, access.actor())

    return act(permission, back, do, _("评论已记下。"))
