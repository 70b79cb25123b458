"""Sign-in and sign-out."""

from datetime import datetime
from hashlib import sha256

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.current import deps
from app.http import access, auth, rate_limit
from app.http.errors import status_of
from app.http.network import network_of
from app.http.off_loop import off_loop
from app.http.scope import Where
from app.http.security_events import notice_sign_in
from app.i18n.locale import day
from app.i18n.refusals.refusals import refusal_text
from campaigns.network import people
from campaigns.network.roles import Permission
from campaigns.network.second_factor import is_set_up
from kernel.errors import Refusal

TRIES_S = 300  # seconds, the window of both limits
TRIES = 10  # per account and address, so that no other address can lock the owner out
TRIES_OF_ADDRESS = 60  # per address for all accounts, because an office may share one address


@blueprint.get("/sign-in", endpoint="sign_in")
@access.public
def show_form() -> str:
    """Show the sign-in form."""
    return _form("", "")


@blueprint.post("/sign-in", endpoint="create_session")
@access.public
def sign_in() -> Response | tuple[str, int]:
    """Check login and password. A refusal does not say which of them was wrong."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        token, awaits_code, password_until = _session_for(login, password)
    except Refusal as refusal:
        notice_sign_in(refusal, login)
        return _form(login[: people.MOST_LOGIN], refusal_text(refusal)), status_of(refusal)
    auth.remember(token)
    if password_until is not None:
        flash(
            _("这是首次密码，%(until)s 前请在“我的账号”里换掉，过期就不能再登录。", until=day(password_until)),
            "bad",
        )
    page = console_page(request.form.get("next", ""))
    return redirect(url_for("console.second_factor", next=page) if awaits_code else page, 303)


def _session_for(login: str, password: str) -> tuple[str, bool, datetime | None]:
    """Return the token of a new session, whether it waits for the second factor, and the expiry of an initial
    password.

    The limits are checked before the password is verified, which is expensive, and count every try, so that
    parallel tries cannot bypass them.
    """
    address = network_of(request.remote_addr or "")
    pair = sha256(f"{people.normal_login(login)} {address}".encode(errors="replace")).hexdigest()
    rate_limit.hit("sign_in", pair, TRIES, TRIES_S, without_redis=True)
    rate_limit.hit("sign_in_address", address, TRIES_OF_ADDRESS, TRIES_S, without_redis=True)
    with deps().db.transaction() as tx:
        manager = people.candidate(tx, login)
    verified = off_loop(people.verify, manager, password)
    with deps().db.transaction() as tx:
        admitted = people.admit(tx, manager, verified=verified)
        awaits_code = is_set_up(admitted) or auth.needs_second_factor(admitted)
        token = auth.sign_in(tx, admitted, awaits_code=awaits_code)
    rate_limit.forget("sign_in", pair, TRIES, TRIES_S)
    return token, awaits_code, admitted.password_until


@blueprint.post("/sign-out")
@access.signed_in(Permission.READ, where=Where.ANY)
def sign_out() -> Response:
    """End the session on the server and in the browser."""
    with deps().db.transaction() as tx:
        auth.sign_out(tx)
    auth.forget()
    return redirect(url_for("console.sign_in"), 303)


def _form(login: str, fault: str) -> str:
    return render_template(
        "console/sign_in.html", login=login, fault=fault, next=console_page(request.values.get("next", ""))
    )


def console_page(address: str) -> str:
    """Return the address if it is a page of the console, because a link must not lead a new session elsewhere."""
    inside = address.startswith("/console/") and "\\" not in address and "//" not in address
    return address.rstrip("?") if inside else url_for("console.home")
