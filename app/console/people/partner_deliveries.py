"""What a platform was told, how it went, and sending it again."""

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.giving_labels import DELIVERY_STATES, OUTGOING_TYPES
from app.web.blueprint import requested_page
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from payments import outgoing, partners

_PAGE = 50


@blueprint.get("/partners/<name>/deliveries", endpoint="partner_deliveries")
@access.signed_in(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def list_deliveries(name: str) -> str:
    """The subscriptions of a platform and what it was told, the newest first."""
    page = requested_page(_PAGE)
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        rows, total = outgoing.list_deliveries(tx, name, page)
        subscriptions = outgoing.subscriptions_of(tx, name)
    return render_template(
        "console/partner_deliveries.html",
        partner=partner,
        rows=rows,
        subscriptions=subscriptions,
        page=page,
        total=total,
        DELIVERY_STATES=DELIVERY_STATES,
        OUTGOING_TYPES=OUTGOING_TYPES,
    )


@blueprint.post("/partners/<name>/deliveries/<int:delivery_id>/again", endpoint="partner_send_again")
@access.signed_in_to_act(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def send_again(name: str, delivery_id: int) -> Response:
    """Send it again, with the same id and body."""

    def do(tx: Tx, _caller: Caller) -> None:
        outgoing.send_again(tx, name, delivery_id)

    back = url_for("console.partner_deliveries", name=name)
    return act(Permission.PARTNERS_WRITE, back, do, _("马上再发。"))
