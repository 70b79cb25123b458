"""The blacklist (projects with reason, term, appeals and answers) and the watch list."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import requested_term_end
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.appeals import MOST_APPEAL
from campaigns.network.roles import Caller, Permission
from campaigns.projects import blacklist
from campaigns.screening import watch
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/blacklist", endpoint="blacklist")
@access.signed_in(Permission.READ, where=Where.LISTED)
def show() -> str:
    """Show the projects listed now, expired terms first, and the watch list."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows = blacklist.listings(tx, branch=scope.branch())
        entries, total = watch.watched(tx, page) if scope.branch() is None else ([], 0)
    return render_template(
        "console/blacklist.html",
        rows=rows,
        entries=entries,
        total=total,
        page=page,
    )


@blueprint.post("/watch", endpoint="watch_add")
@access.signed_in_to_act(Permission.SCREEN, where=Where.FEDERATION)
def watch_contact() -> Response:
    """Put a donor on the watch list by phone number or e-mail address (with an @). Neither is stored."""
    contact = request.form.get("contact", "").strip()
    email, phone = (contact, "") if "@" in contact else ("", contact)
    reason = request.form.get("reason", "").strip()

    def do(tx: Tx, caller: Caller) -> None:
        until = requested_term_end()
        watch.watch_contact(tx, deps().keys, reason, caller.name, email=email, phone=phone, until=until)

    return act(Permission.SCREEN, url_for("console.blacklist"), do, _("重点核实名单已更新。"))


@blueprint.post("/watch/<int:watch_id>/lift", endpoint="watch_lift")
@access.signed_in_to_act(Permission.SCREEN)
def lift_watch(watch_id: int) -> Response:
    """Remove an entry from the watch list."""
    reason = request.form.get("reason", "").strip()
    return act(
        Permission.SCREEN,
        url_for("console.blacklist"),
        lambda tx, caller: watch.lift(tx, watch_id, reason, caller.name),
        _("重点核实名单已更新。"),
    )


Verb = Callable[[Tx, int, str, str], Any]
_VERBS: dict[str, tuple[Permission, Verb]] = {
    "list": (
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, reason, actor: blacklist.blacklist(tx, id_, reason, actor, requested_term_end()),
    ),
    "lift": (Permission.PROJECTS_APPROVE, blacklist.lift),
    "appeal": (Permission.PROJECTS_WRITE, blacklist.appeal),
    "answer": (Permission.PROJECTS_APPROVE, blacklist.answer),
    "answer_lift": (
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, reason, actor: blacklist.answer(tx, id_, reason, actor, lifting=True),
    ),
}


@blueprint.post("/blacklist/<int:project_id>", endpoint="blacklist_act")
@access.signed_in_to_act(Permission.PROJECTS_APPROVE, Permission.PROJECTS_WRITE)
def decide(project_id: int) -> Response:
    """List or lift a project, record an appeal or answer it, depending on the button.

    Only managers of the whole federation list, lift and answer; a branch may record appeals.
    """
    back = url_for("console.blacklist")
    verb = request.form.get("verb", "")
    if verb not in _VERBS:
        return redirect(back, 303)
    permission, apply = _VERBS[verb]
    reason = request.form.get("reason", "").strip()[:MOST_APPEAL]

    def do(tx: Tx, caller: Caller) -> None:
        access.require_declared(permission)
        if permission is Permission.PROJECTS_APPROVE:  # the blacklist applies to all branches
            scope.require_federation()
        apply(tx, project_id, reason, caller.name)

    return act(permission, back, do, _("黑名单已更新。"))
