"""The second step of signing in: a code of the app, or setting up the app where it is required."""

import segno
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.people.sign_in import console_page
from app.current import deps
from app.http import access, auth, rate_limit
from app.http.errors import status_of
from app.http.security_events import notice_sign_in
from app.i18n.refusals.refusals import refusal_text
from campaigns.network import second_factor
from campaigns.network.models import Manager
from kernel.db import Tx
from kernel.errors import Refusal

TRIES, TRIES_S = 10, 300  # codes for one account; the person who tries them knows its password
Answer = Response | str | tuple[str, int]


@blueprint.get("/sign-in/code", endpoint="second_factor")
@access.public
def show() -> Answer:
    """Show the form for a code to a manager who typed their password, or how to set up the app if they must do so
    first."""
    return _form()


@blueprint.post("/sign-in/code", endpoint="check_second_factor")
@access.public
def check() -> Answer:
    """Start the session. A manager who has just set up the app gets their recovery codes, once."""
    code, page = request.form.get("code", ""), console_page(request.form.get("next", ""))
    with deps().db.transaction() as tx:
        manager = auth.waiting_manager(tx)
    if manager is None or manager.id is None:
        return redirect(url_for("console.sign_in", next=page), 303)
    try:
        count_try(manager.id)
        with deps().db.transaction() as tx:
            recovery_codes = _pass(tx, manager.id, code)
            token = auth.sign_in(tx, manager)
    except Refusal as refusal:
        notice_sign_in(refusal, manager.login)
        return _form(refusal)
    forget_tries(manager.id)
    auth.remember(token)
    return show_codes(recovery_codes, page) if recovery_codes else redirect(page, 303)


def count_try(manager_id: int) -> None:
    """Count one try at a code. Raises Forbidden `rate_limited`."""
    rate_limit.hit("second_factor", str(manager_id), TRIES, TRIES_S, without_redis=True)


def forget_tries(manager_id: int) -> None:
    """Reset the count after a correct code."""
    rate_limit.forget("second_factor", str(manager_id), TRIES, TRIES_S)


def _pass(tx: Tx, manager_id: int, code: str) -> list[str]:
    """Verify a code. If it set up the app, return new recovery codes, otherwise none."""
    manager = tx.get(Manager, manager_id, lock=True)
    if manager is not None and second_factor.is_set_up(manager):
        second_factor.require_code(tx, deps().keys, manager_id, code)
        return []
    return second_factor.confirm(tx, deps().keys, manager_id, code)


def _form(refusal: Refusal | None = None) -> Answer:
    page = console_page(request.values.get("next", ""))
    with deps().db.transaction() as tx:
        manager = auth.waiting_manager(tx)
        if manager is None or manager.id is None:
            return redirect(url_for("console.sign_in", next=page), 303)
        enrolment = None if second_factor.is_set_up(manager) else second_factor.begin(tx, deps().keys, manager.id)
    action = url_for("console.check_second_factor")
    return show_form(action, page, enrolment, refusal)


def show_form(
    action: str, page: str, enrolment: second_factor.Enrolment | None, refusal: Refusal | None
) -> tuple[str, int]:
    """Show the form for a code; with `enrolment` also how to set up the app."""
    shown = render_template(
        "console/second_factor.html",
        action=action,
        next=page,
        enrolment=enrolment,
        picture=segno.make_qr(enrolment.address).svg_data_uri(scale=4) if enrolment else "",
        fault=refusal_text(refusal) if refusal else "",
    )
    return shown, status_of(refusal) if refusal else 200


def show_codes(codes: list[str], page: str) -> str:
    """Show recovery codes once, with a link to a page."""
    return render_template("console/recovery_codes.html", codes=codes, next=page)
