"""What all manager pages stand on: only signed-in people, no forged forms, and one way to act."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.current import deps
from app.http import access
from app.i18n.fields import labelled, named_faults, refusal_words
from app.web.blueprint import guard
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Refusal

blueprint = Blueprint("console", __name__, url_prefix="/console")
Found = TypeVar("Found")


blueprint.before_request(guard)


@blueprint.context_processor
def _names() -> dict[str, Any]:
    return {"caller": g.get("caller"), "Permission": Permission, "labelled": labelled}


@blueprint.after_request
def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def act(
    permission: Permission,
    back: str,
    do: Callable[[Tx, Caller], object],
    done: str = "",
) -> Response:
    """Do something for the signed-in manager in one transaction, say how it went, and go back to a page.

    A refusal is shown there; nothing was changed then. `do` may answer a text that replaces `done`.
    """
    try:
        with deps().db.transaction() as tx:
            access.require_declared(permission)
            told = do(tx, g.caller)
        flash(told if isinstance(told, str) else done or _("已完成。"), "good")
    except Refusal as refusal:
        flash(refused(refusal), "bad")
    return redirect(back, 303)


def refused(refusal: Refusal) -> str:
    """A refusal in words, with the fields that it names."""
    return " ".join([refusal_words(refusal), _("；").join(named_faults(refusal))]).strip()


class _TakenBack(Exception):
    """Ends a rehearsal: nothing of it stays."""


def rehearse(do: Callable[[Tx], Found]) -> Found:
    """What would come of something: it is done for real, looked at, and taken back. Raises what it raises.

    So a page shows beforehand just what the engine will do, and every refusal, without rules of its own.
    """
    found: list[Found] = []
    try:
        with deps().db.transaction() as tx:
            found.append(do(tx))
            raise _TakenBack
    except _TakenBack:
        return found[0]
