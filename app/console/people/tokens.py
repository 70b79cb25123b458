"""API tokens: created and shown once, listed with their last use, revoked."""

from datetime import timedelta
from typing import Any

from flask import Response as FlaskResponse
from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import create_token
from app.console import choices
from app.console.blueprint import act, blueprint, make_once, said_of
from app.console.forms import ConsoleForm
from app.console.people.people import roles_to_give
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.audit.audit_fields import PERMISSIONS
from app.web.blueprint import requested_page
from campaigns.network import tokens
from campaigns.network.organisations import names_of
from campaigns.network.roles import Caller, Permission, permissions_of
from campaigns.network.tokens import TokenTerms
from kernel.db import Tx
from kernel.errors import Refusal

_PEOPLE = Permission.PEOPLE_WRITE
PAGE_SIZE = 50
LASTS = (30, 90, 365)  # days to choose from; 0 in the form means until revoked
Answer = str | Response | tuple[str, int]


@blueprint.get("/tokens", endpoint="tokens")
@access.signed_in(_PEOPLE, where=Where.LISTED)
def list_tokens() -> str:
    """List the tokens of the manager's branch, newest first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, now = tokens.list_tokens(tx, scope.branch()), tx.now
        shown = page.slice(rows)
        names = names_of(tx, (row.branch_code for row in shown if row.branch_code))
    return render_template(
        "console/tokens.html",
        rows=shown,
        total=len(rows),
        page=page,
        names=names,
        now=now,
        permissions=PERMISSIONS,
    )


@blueprint.route("/tokens/new", methods=["GET", "POST"], endpoint="token_new")
@access.signed_in(_PEOPLE, where=Where.NAMED)
def create() -> Answer:
    """Show the form of a token; create it and show it once."""
    form = ConsoleForm(request.form)
    if form.verb != "save":
        return _form(form)
    label = form.text("name", tokens.MOST_LABEL) or ""
    form.require("name", "role", *(() if scope.branch() is None else ("branch",)))
    if form.faults:
        return _form(form), 422
    try:
        return make_once(lambda: _make(form, label))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(form), 422


def _make(form: ConsoleForm, label: str) -> FlaskResponse:
    role, branch, days = form["role"], form["branch"] or None, form.whole("days") or 0
    allowed = permissions_of(role)
    chosen = sorted(set(form.all("scopes")) & allowed)
    scopes = chosen or None
    with deps().db.transaction() as tx:
        ends = tx.now + timedelta(days=days) if days in LASTS else None
        made = create_token(tx, role, label, branch, TokenTerms(scopes, ends))
    back, waits = url_for("console.tokens"), said_of(made.approval)
    page = render_template("console/secret.html", title=label, secret=made.token, back=back, waits=waits)
    return make_response(page)


def _form(form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        own = {form["branch"], scope.branch() or ""} - {""}
        places = choices.places(tx, own, form["place_q"], scope.branch())
    return render_template(
        "console/token_new.html",
        form=form,
        places=places,
        roles=roles_to_give(g.caller),
        permissions=PERMISSIONS,
        days=LASTS,
    )


@blueprint.post("/tokens/<int:token_id>/revoke", endpoint="token_revoke")
@access.signed_in_to_act(_PEOPLE)
def revoke(token_id: int) -> Response:
    """Revoke a token permanently."""

    def do(tx: Tx, caller: Caller) -> Any:
        tokens.revoke_token(tx, token_id, caller.name)

    return act(_PEOPLE, url_for("console.tokens"), do, _("令牌已吊销，下一次请求起失效。"))
