"""A donor's donations by phone number or e-mail address, on any device, after typing the code sent to it.

The browser holds a signed cookie that names the code. The server decides how long the code opens the list.
"""

import json
from uuid import UUID

from flask import Response, current_app, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps, settings
from app.http import access, rate_limit
from app.http.errors import status_of
from app.http.network import network_of
from app.http.problems import plain
from app.http.security import own_cookie
from app.i18n.locale import chosen
from app.i18n.refusals.refusals import refusal_text
from app.web.blueprint import blueprint
from campaigns.audit import DONOR
from campaigns.donations.donors import consent
from campaigns.donations.donors.contact import identity_key
from campaigns.donations.letters.letters import decline_letters
from campaigns.privacy import own_codes
from campaigns.privacy.erase import erase
from campaigns.privacy.export import export
from campaigns.privacy.person import Person, person_by_key
from kernel.db import Tx
from kernel.errors import NotFound, Refusal
from kernel.human_input import read_code

_CODES_OF_ADDRESS, _TRIES_OF_ADDRESS, _HOUR_S = 20, 60, 3600  # one address may serve a whole village
# Per contact and address, so that a stranger who keeps requesting codes for a contact uses up only their own share.
_CODES_OF_BOTH, _DAY_S = 6, 24 * 3600
_MOST_TYPED = 300  # characters


def _name() -> str:
    return own_cookie("own", settings())


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="own-code")


def _code_id() -> UUID | None:
    """Return the code named by this browser's cookie."""
    try:
        return UUID(str(_signer().loads(request.cookies.get(_name(), ""))))
    except (BadSignature, ValueError):
        return None


def opened_person(tx: Tx) -> Person | None:
    """Return the person whose donations this browser may see by a code; None without one."""
    code_id = _code_id()
    contact = own_codes.opened_contact(tx, code_id) if code_id else None
    if contact is None:
        return None
    try:
        return person_by_key(tx, deps().keys, contact)
    except NotFound:
        return Person((), [])


def _require_person(tx: Tx) -> Person:
    person = opened_person(tx)
    if person is None or not person.donations:
        raise NotFound("code_over")
    return person


@blueprint.post("/my/code")
@access.public
def send_code() -> AnyResponse | tuple[str, int]:
    """Send a code to a phone number or e-mail address. The reply is the same if no donation has this contact."""
    contact = request.form.get("contact", "").replace("\x00", "")[:_MOST_TYPED].strip()
    try:
        rate_limit.hit("own_code", _network(), _CODES_OF_ADDRESS, _HOUR_S, without_redis=True)
        identity = own_codes.require_identity(contact)
        both = f"{identity_key(deps().keys, identity)} {_network()}"
        rate_limit.hit("own_code_both", both, _CODES_OF_BOTH, _DAY_S, without_redis=True)
        with deps().db.transaction() as tx:
            code_id = own_codes.request_code(tx, deps().keys, identity, chosen())
    except Refusal as refusal:
        page = render_template("web/own_code_ask.html", contact=contact, trouble=refusal_text(refusal))
        return page, status_of(refusal)
    return redirect(url_for("web.own_code", code_id=code_id), 303)


@blueprint.get("/my/code/<uuid:code_id>")
@access.public
def own_code(code_id: UUID) -> AnyResponse:
    """Show the form for the code that was sent."""
    return _ask(code_id)


@blueprint.post("/my/code/<uuid:code_id>", endpoint="type_own_code")
@access.public
def type_own_code(code_id: UUID) -> AnyResponse:
    """Open the list with the code. Wrong codes are counted."""
    digits = read_code(request.form.get("code", "")[:_MOST_TYPED])
    try:
        rate_limit.hit("own_code_try", _network(), _TRIES_OF_ADDRESS, _HOUR_S, without_redis=True)
        with deps().db.transaction() as tx:
            opened = own_codes.type_code(tx, deps().keys, code_id, digits)
        if not opened:
            raise NotFound("own_code_wrong")
    except Refusal as refusal:
        return _ask(code_id, refusal)
    response = redirect(url_for("web.my"), 303)
    response.set_cookie(
        _name(),
        str(_signer().dumps(str(code_id))),
        max_age=int(own_codes.OPEN_FOR.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _ask(code_id: UUID, refusal: Refusal | None = None) -> AnyResponse:
    trouble = refusal_text(refusal) if refusal else ""
    page = render_template("web/own_code.html", code_id=code_id, trouble=trouble, digits=own_codes.DIGITS)
    response = Response(page, status_of(refusal) if refusal else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _network() -> str:
    return network_of(request.remote_addr or "")


@blueprint.post("/my/close")
@access.public
def close_own() -> AnyResponse:
    """End the access that the code gave."""
    if (code_id := _code_id()) is not None:
        with deps().db.transaction() as tx:
            own_codes.close(tx, code_id)
    response = redirect(url_for("web.my"), 303)
    response.delete_cookie(
        _name(), secure=current_app.config["SESSION_COOKIE_SECURE"], samesite="Lax", httponly=True
    )
    return response


@blueprint.post("/my/personal-data")
@access.public
def own_personal_data() -> Response:
    """Return all data held about the person as a JSON download."""
    with deps().db.transaction() as tx:
        exported = plain(export(deps(), tx, _require_person(tx), DONOR))
    response = Response(json.dumps(exported, ensure_ascii=False, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=personal-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/my/unpublish")
@access.public
def withdraw_all_publication() -> AnyResponse:
    """Withdraw the person's name and messages from publication for all of their donations."""
    with deps().db.transaction() as tx:
        for donation_id in _require_person(tx).donations:
            consent.withdraw_publication(tx, donation_id, "donor")
    return redirect(url_for("web.my", done="unpublish"), 303)


@blueprint.post("/my/no-letters")
@access.public
def decline_all_letters() -> AnyResponse:
    """Stop all letters to the person."""
    with deps().db.transaction() as tx:
        for donation_id in _require_person(tx).donations:
            decline_letters(tx, donation_id, "donor")
    return redirect(url_for("web.my", done="no-letters"), 303)


@blueprint.post("/my/erasure")
@access.public
def erase_person() -> AnyResponse:
    """Erase the person's data after they have confirmed."""
    if request.form.get("sure") != "1":
        return redirect(url_for("web.my"), 303)
    try:
        with deps().db.transaction() as tx:
            erase(deps(), tx, _require_person(tx), DONOR, "donor")
    except Refusal as refusal:
        return redirect(url_for("web.my", trouble=refusal.code), 303)
    return redirect(url_for("web.my", done="erasure"), 303)
