"""Acts on several projects that were ticked on a list."""

from collections.abc import Callable
from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from app.console.blueprint import refusal_sentence, said_of
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import scope
from app.http.security_events import notice_refusal
from campaigns.projects import projects
from kernel.db import Tx
from kernel.errors import Refusal

MOST = 50  # a page of a list


def each_chosen(act: Callable[[Tx, int], Any]) -> int:
    """Act on each ticked project of the manager's branch in its own transaction; return how many were done.

    The page is told of those that wait for a second person, and of those that are refused, which do not stop the
    others.
    """
    try:
        ids = ConsoleForm(request.form).chosen("project", MOST)
    except Refusal as refusal:
        flash(refusal_sentence(refusal), "bad")
        return 0
    return sum(_do(project_id, act) for project_id in ids)


def _do(project_id: int, act: Callable[[Tx, int], Any]) -> bool:
    try:
        with deps().db.transaction() as tx:
            scope.require_node(tx, projects.find(tx, project_id).organisation_code)
            waits = said_of(act(tx, project_id))
    except Refusal as refusal:
        notice_refusal(refusal)
        flash(_("第 %(id)s 号项目：%(why)s", id=project_id, why=refusal_sentence(refusal)), "bad")
        return False
    if waits:
        flash(waits, "good")
    return not waits
