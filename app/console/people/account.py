"""The manager's own account: password, second factor and sessions."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, refusal_sentence
from app.console.people.second_factor import count_try, forget_tries, show_codes, show_form
from app.current import deps, settings
from app.forms import Form
from app.http import access, auth
from app.http.errors import status_of
from app.http.off_loop import off_loop
from app.http.scope import Where
from app.i18n.refusals.faults import fault_text
from campaigns.network import accounts, people, second_factor
from campaigns.network.organisations import find
from campaigns.network.roles import Permission
from campaigns.network.sessions import end_session_of_manager, list_sessions
from kernel.errors import Refusal

Answer = Response | str | tuple[str, int]


@blueprint.get("/account", endpoint="account")
@access.signed_in(Permission.READ, where=Where.ANY)
def show() -> Answer:
    """Show the account of the signed-in manager."""
    return _show(Form({}))


@blueprint.post("/account/password", endpoint="change_password")
@access.signed_in(Permission.READ, where=Where.ANY)
def change_password() -> Answer:
    """Change one's own password. All sessions end, and the manager signs in with the new one."""
    form, chosen = Form(request.form), request.form.get("password", "")
    if chosen != request.form.get("again", ""):
        form.faults["again"] = _("两次输入的密码不一样")
    elif refused := people.password_fault(g.caller.name, chosen):
        form.faults["password"] = fault_text(refused)
    if form.faults:
        return _show(form, 422)
    try:
        if not _is_own_password(request.form.get("current", "")):
            form.faults["current"] = _("现在的密码不对")
            return _show(form, 422)
        password_hash = off_loop(people.hashed, chosen)
        with deps().db.transaction() as tx:
            accounts.store_password(tx, g.caller.name, password_hash, g.caller.name)
    except Refusal as refusal:
        form.faults["current"] = refusal_sentence(refusal)
        return _show(form, status_of(refusal))
    forget_tries(g.caller.manager_id)
    auth.forget()
    flash(_("密码已设好，请登录。"), "good")
    return redirect(url_for("console.sign_in"), 303)


def _is_own_password(password: str) -> bool:
    """Return whether this is the password of the signed-in manager. Counts a try. Raises Forbidden
    `rate_limited`."""
    count_try(g.caller.manager_id)
    with deps().db.transaction() as tx:
        manager = people.find_manager(tx, g.caller.manager_id)
    return off_loop(people.verify, manager, password)


@blueprint.post("/account/sessions/end", endpoint="end_own_sessions")
@access.signed_in(Permission.READ, where=Where.ANY)
def end_sessions() -> Answer:
    """End the chosen sessions of one's own account, or all including this one.

    It requires the password, so that a person at an unattended browser cannot sign its owner out.
    """
    form, chosen = Form(request.form), request.form.getlist("session", type=int)
    try:
        if not _is_own_password(request.form.get("own", "")):
            form.faults["own"] = _("现在的密码不对")
            return _show(form, 422)
        with deps().db.transaction() as tx:
            if "all" in request.form:
                accounts.end_all_sessions(tx, g.caller.name, g.caller.name)
            for session_id in chosen:
                end_session_of_manager(tx, g.caller.manager_id, session_id, g.caller.name)
    except Refusal as refusal:
        form.faults["own"] = refusal_sentence(refusal)
        return _show(form, status_of(refusal))
    forget_tries(g.caller.manager_id)
    return redirect(url_for("console.account"), 303)


@blueprint.get("/account/second-factor", endpoint="own_second_factor")
@access.signed_in(Permission.READ, where=Where.ANY)
def set_up() -> Answer:
    """Show how to set up the app, or the form for new recovery codes."""
    return _second_factor()


@blueprint.post("/account/second-factor", endpoint="set_up_second_factor")
@access.signed_in(Permission.READ, where=Where.ANY)
def confirm() -> Answer:
    """Set up the app, or replace the recovery codes. Either way the new codes are shown once."""
    own, code = g.caller.manager_id, request.form.get("code", "")
    try:
        count_try(own)
        with deps().db.transaction() as tx:
            is_set_up = second_factor.is_set_up(people.find_manager(tx, own))
            act = second_factor.renew_recovery_codes if is_set_up else second_factor.confirm
            codes = act(tx, deps().keys, own, code)
    except Refusal as refusal:
        return _second_factor(refusal)
    forget_tries(own)
    return show_codes(codes, url_for("console.account"))


def _second_factor(refusal: Refusal | None = None) -> Answer:
    own, action = g.caller.manager_id, url_for("console.set_up_second_factor")
    with deps().db.transaction() as tx:
        is_set_up = second_factor.is_set_up(people.find_manager(tx, own))
        enrolment = None if is_set_up else second_factor.begin(tx, deps().keys, own)
    return show_form(action, url_for("console.account"), enrolment, refusal)


def _show(form: Form, status: int = 200) -> tuple[str, int]:
    with deps().db.transaction() as tx:
        manager = people.find_manager(tx, g.caller.manager_id)
        branch = find(tx, manager.branch_code).name if manager.branch_code else ""
        sessions, here = list_sessions(tx, g.caller.manager_id), auth.own_session(tx)
        codes_left = second_factor.recovery_codes_left(tx, g.caller.manager_id)
    page = render_template(
        "console/account.html",
        manager=manager,
        branch=branch,
        sessions=sessions,
        here=here,
        codes_left=codes_left,
        required=auth.needs_second_factor(manager),
        demo=not settings().production,
        form=form,
    )
    return page, status
