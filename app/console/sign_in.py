"""Signing in and out."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.current import deps
from app.http import access, auth, rate_limit
from app.http.errors import status_of
from app.http.scope import Where
from app.i18n.refusals import refusal_text
from campaigns.network import people
from campaigns.network.roles import Permission
from kernel.errors import Forbidden, Refusal

GUESSES = 20  # wrong passwords from one address, our default ...
GUESSES_S = 300  # ... within so many seconds


@blueprint.get("/sign-in", endpoint="sign_in")
@access.public
def show_form() -> str:
    """The sign-in form."""
    return _form("", "")


@blueprint.post("/sign-in", endpoint="create_session")
@access.public
def sign_in() -> Response | tuple[str, int]:
    """Check login and password. The refusal does not say which of the two was wrong."""
    login = request.form.get("login", "")
    try:
        with deps().db.transaction() as tx:
            manager = people.sign_in(tx, login, request.form.get("password", ""))
            token = auth.sign_in(tx, manager)
    except Forbidden as refusal:
        return _count_guess(login, refusal)
    except Refusal as refusal:
        return _form(login[: people.MOST_LOGIN], refusal_text(refusal)), status_of(refusal)
    auth.remember(token)
    return redirect(_console_page(request.form.get("next", "")), 303)


def _count_guess(login: str, refusal: Refusal) -> tuple[str, int]:
    """Only wrong tries count: who knows the password is never kept out by others behind the same address."""
    try:
        rate_limit.hit("sign_in", request.remote_addr or "", GUESSES, GUESSES_S)
    except Forbidden as enough:
        refusal = enough
    return _form(login[: people.MOST_LOGIN], refusal_text(refusal)), status_of(refusal)


@blueprint.post("/sign-out")
@access.signed_in(Permission.READ, where=Where.ANY)
def sign_out() -> Response:
    """End the session, here and in the browser."""
    with deps().db.transaction() as tx:
        auth.sign_out(tx)
    auth.forget()
    return redirect(url_for("console.sign_in"), 303)


def _form(login: str, fault: str) -> str:
    return render_template(
        "console/sign_in.html", login=login, fault=fault, next=_console_page(request.values.get("next", ""))
    )


def _console_page(address: str) -> str:
    """Only pages of the console: a link must not lead a fresh session anywhere else."""
    inside = address.startswith("/console/") and "\\" not in address and "//" not in address
    return address.rstrip("?") if inside else url_for("console.campaigns")
