"""The search field for everything: a phone number, an e-mail address, an amount, an order number, an id, a
village."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.donations.donors.identity import contact_identity
from campaigns.donations.donors.name_key import NAMELESS, name_key
from campaigns.donations.search import contact_key, record_contact_search, search
from campaigns.donations.search_plan import DonationQuery
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.human_input import Unreadable, read_amount
from kernel.text import clean_text


@blueprint.post("/search", endpoint="seek")
@access.signed_in(Permission.READ, Permission.DONATIONS_REFUND, where=Where.LISTED)
def seek() -> Response:
    """Redirect to the donations that the text names, else those of a donor with that full name, else a search of
    projects.

    Only the keyed hash of a contact or name is used further; neither appears in an address.
    """
    typed = clean_text(request.form.get("q", "")).strip()[:254]
    with deps().db.transaction() as tx:
        return redirect(_place_of(tx, typed), 303)


def _place_of(tx: Tx, typed: str) -> str:
    if not typed:
        return url_for("console.donations")
    if contact_identity(typed) is not None:
        return _of_contact(tx, typed)
    if _any(tx, DonationQuery(id=typed, branch=g.caller.branch_code)):
        return url_for("console.donations", id=typed)
    if _any(tx, DonationQuery(reference=typed, branch=g.caller.branch_code)):
        return url_for("console.donations", reference=typed)
    if _is_amount(typed):
        return url_for("console.donations", amount=typed)
    return _of_name(tx, typed) or url_for("console.projects", q=typed)


def _of_contact(tx: Tx, contact: str) -> str:
    if not g.caller.may(Permission.DONATIONS_REFUND):
        flash(_("按手机号或邮箱查找捐赠，只对办理退款的人开放。"), "bad")
        return url_for("console.donations")
    record_contact_search(tx, access.actor())
    return url_for("console.donations", donor=contact_key(deps().keys, contact))


def _of_name(tx: Tx, typed: str) -> str | None:
    """Return the address of the donations of a donor with this name; None if there are none, as for most
    searches."""
    key = name_key(deps().keys, typed)
    known = g.caller.may(Permission.DONATIONS_REFUND) and key != NAMELESS
    if not known or not _any(tx, DonationQuery(name_key=key, branch=g.caller.branch_code)):
        return None
    record_contact_search(tx, access.actor())
    return url_for("console.donations", name=key)


def _any(tx: Tx, query: DonationQuery) -> bool:
    try:
        return bool(search(tx, query, most=1).donations)
    except Invalid:
        return False


def _is_amount(typed: str) -> bool:
    try:
        return bool(read_amount(typed))
    except Unreadable:
        return False
