"""Review of donors' messages and names before they are public."""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.locale import counted
from app.web.blueprint import requested_page
from campaigns.desks import words_desk
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/words", endpoint="words")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
def list_words() -> str:
    """List the texts of the manager's branch that wait for review, reported ones first, or those in a given
    state."""
    page = requested_page(PAGE_SIZE)
    state = request.args.get("state", "")
    state = state if state in words_desk.STATES else ""
    with deps().db.transaction() as tx:
        rows, total = words_desk.listed(tx, deps().keys, state or None, scope.branch(), page)
    return render_template(
        "console/words.html", rows=rows, total=total, page=page, state=state, states=words_desk.STATES
    )


@blueprint.post("/words", endpoint="decide_words")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
def decide() -> Response:
    """Publish or hide texts: the ticked ones, or the one whose button was pressed."""
    form, show = ConsoleForm(request.form), "show" in request.form
    button = "show" if show else "hide"

    def do(tx: Tx, caller: Caller) -> str:
        ids = form.chosen(button if form[button] else "words", PAGE_SIZE)
        count = words_desk.decide(tx, ids, caller.name, show=show, branch=scope.branch())
        return counted("公开了 %(count)s 条。", count) if show else counted("隐藏了 %(count)s 条。", count)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.words"), do)
