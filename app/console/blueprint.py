"""The blueprint of the console: protection against forged forms, and one way to make and to preview a change."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.forms import ConsoleForm
from app.console.list_place import as_left
from app.console.navigation import navigation, words_of_page
from app.console.refused_form import fill_again, keep_typed
from app.current import deps
from app.http import access
from app.http.repeats import form_once, new_form_key
from app.http.security_events import notice_refusal
from app.http.uploads import allow_file
from app.i18n.approvals import waiting_text
from app.i18n.names import source_name
from app.i18n.refusals.fields import labelled, named_faults
from app.i18n.refusals.refusals import refusal_text
from app.web.blueprint import guard
from campaigns.approvals.models import Approval
from campaigns.network.roles import Caller, Permission
from campaigns.projects.picture_file import MOST_BYTES
from kernel.db import Tx
from kernel.errors import Refusal
from payments.partners.partner_events import OFFLINE
from payments.partners.partners import titles_of

blueprint = Blueprint("console", __name__, url_prefix="/console")
Result = TypeVar("Result")
_WITH_PICTURES = (
    "console.picture_add",
    "console.news_picture",
    "console.spending_enter",
    "console.spending_correct",
)


@blueprint.before_request
def _allow_files() -> None:
    """Allow larger bodies for forms with a file, before the CSRF guard reads the form."""
    if request.endpoint in ("console.import_upload", "console.invite_file"):
        allow_file(request)
    elif request.endpoint in _WITH_PICTURES:
        allow_file(request, MOST_BYTES)


blueprint.before_request(guard)


@blueprint.context_processor
def _names() -> dict[str, Any]:
    names = {"caller": g.get("caller"), "Permission": Permission, "labelled": labelled}
    return names | {
        "source_name": named_source,
        "new_form_key": new_form_key,
        "opens": access.opens,
        "two_people": deps().second_person.needed,
        "navigation": navigation,
        "words_of_page": words_of_page,
    }


def named_source(source: str) -> str:
    """Return the label of a source of money or messages; a partner platform is shown by its title."""
    kind, _colon, name = source.partition(":")
    if kind != "partner" or name == OFFLINE:
        return source_name(source)
    if "partner_titles" not in g:
        with deps().db.snapshot() as tx:
            g.partner_titles = titles_of(tx)
    return source_name(source, g.partner_titles)


@blueprint.after_request
def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    fill_again(response)
    return response


def act(
    permission: Permission | None,
    back: str,
    do: Callable[[Tx, Caller], object],
    done: str = "",
    form: ConsoleForm | None = None,
) -> Response:
    """Make a change for the signed-in manager in one transaction, flash the result and redirect to `back`, where a
    list keeps its filter and page.

    Without a `permission`, `do` must itself require one of those that the view declares. A refusal changes nothing
    and is flashed, or noted in the `form`, which the view then shows again. `do` may return a text that replaces
    `done`. A second click on the same button changes nothing.
    """

    def make() -> Response:
        with deps().db.transaction() as tx:
            if permission is not None:
                access.require_declared(permission)
            else:
                access.require_changeable()
            message = do(tx, g.caller)
        flash(message if isinstance(message, str) else done or _("已完成。"), "good")
        return redirect(as_left(back), 303)

    try:
        return make_once(make)
    except Refusal as refusal:
        if form is None:
            return refused(refusal, back)
        form.add_refusal(refusal)
        return redirect(as_left(back), 303)


def refused(refusal: Refusal, back: str) -> Response:
    """Flash a refusal, record it if it is about rights, and redirect to the page of the form, which then shows what
    was typed."""
    notice_refusal(refusal)
    flash(refusal_sentence(refusal), "bad")
    keep_typed(refusal)
    return redirect(as_left(back), 303)


def make_once(make: Callable[[], Response]) -> Response:
    """Make a change and redirect. A form that is sent twice is not executed again; a notice says so and the
    redirect is the same.

    Raises what `make` and `form_once` raise.
    """
    response, repeated = form_once(make)
    if repeated:
        flash(_("这张表单刚才已经提交过，没有重复执行。"), "good")
    return response


def said_of(outcome: object) -> str | None:
    """Return the message for an act that waits for a second person; None if the act was executed."""
    return waiting_text(outcome) if isinstance(outcome, Approval) else None


def refusal_sentence(refusal: Refusal) -> str:
    """Return the sentence of a refusal, followed by the faults of the fields that it names."""
    return " ".join([refusal_text(refusal), _("；").join(named_faults(refusal))]).strip()


class _RollBack(Exception):
    """Ends a rehearsal by rolling its transaction back."""


def rehearse(do: Callable[[Tx], Result]) -> Result:
    """Return the result of `do` and roll back everything it did. Raises what `do` raises.

    A preview therefore shows the exact effect of a change, and every refusal, without rules of its own.
    """
    results: list[Result] = []
    try:
        with deps().db.transaction() as tx:
            results.append(do(tx))
            raise _RollBack
    except _RollBack:
        return results[0]
