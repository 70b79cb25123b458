"""Invitations: single ones by a form; a list of open ones, which can be revoked. Links are shown once."""

from typing import Any

from flask import Response as FlaskResponse
from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import accounts
from app.console import choices
from app.console.blueprint import act, blueprint, make_once
from app.console.forms import ConsoleForm
from app.console.people.people import roles_to_give, show_links
from app.current import deps
from app.http import access, scope
from app.http.addresses import join_url
from app.http.scope import Where
from app.i18n.labels import ROLES, word
from app.web.blueprint import requested_page
from campaigns.network import links
from campaigns.network.organisations import names_of
from campaigns.network.roles import Permission
from kernel.errors import Refusal

_PEOPLE = Permission.PEOPLE_WRITE
PAGE_SIZE = 50
Answer = str | Response | tuple[str, int]


@blueprint.route("/people/invite", methods=["GET", "POST"], endpoint="invite")
@access.signed_in(_PEOPLE, where=Where.NAMED)
def invite() -> Answer:
    """Show the form of an invitation; create it and show its link once."""
    form = ConsoleForm(request.form)
    if form.verb != "save":
        return _form(form)
    name = form.text("name", 80) or ""
    form.require("role", *(() if scope.branch() is None else ("branch",)))
    if form.faults:
        return _form(form), 422
    try:
        return make_once(lambda: _make(form["role"], form["branch"] or None, name))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(form), 422


def _make(role: str, branch: str | None, name: str) -> FlaskResponse:
    with deps().db.transaction() as tx:
        link = accounts.invite(tx, role, branch, name)
    label = name or word(ROLES, role)
    return make_response(show_links([(label, join_url(link.token), link.expires_at)]))


def _form(form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        places = choices.places(tx, {form["branch"]} - {""}, form["place_q"], scope.branch())
        if scope.branch() is not None and not form["place_q"]:
            own = {scope.branch() or ""} - {form["branch"]}
            places = choices.places(tx, own) + places
    return render_template("console/invite.html", form=form, places=places, roles=roles_to_give(g.caller))


@blueprint.get("/people/invitations", endpoint="invitations")
@access.signed_in(_PEOPLE, where=Where.LISTED)
def list_invitations() -> str:
    """List the matching open invitations of the manager's branch, newest first."""
    page, words = requested_page(PAGE_SIZE), request.args.get("q", "")
    with deps().db.transaction() as tx:
        rows, total = links.search_invitations(tx, scope.branch(), words, page)
        names = names_of(tx, (row.branch_code for row in rows if row.branch_code))
    return render_template("console/invitations.html", rows=rows, total=total, page=page, words=words, names=names)


@blueprint.post("/people/invitations/<int:invitation_id>/revoke", endpoint="invitation_revoke")
@access.signed_in_to_act(_PEOPLE)
def revoke(invitation_id: int) -> Response:
    """Revoke an invitation that is not yet accepted."""

    def do(tx: Any, _caller: Any) -> None:
        links.revoke_invitation(tx, invitation_id, access.actor())

    return act(_PEOPLE, url_for("console.invitations"), do, _("邀请已收回，链接失效。"))
