"""One donation for managers: how it stands, why, and giving it back."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import queries
from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from app.i18n.messages import explain_lines
from campaigns.donations import refund
from campaigns.donations.explain import explain
from campaigns.donations.states import COUNTED
from campaigns.donations.view import donation_view
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from kernel.money import parse_yuan


@blueprint.get("/donations", endpoint="donations")
@access.signed_in(Permission.READ)
def search() -> str | Response:
    """Find a donation by its id."""
    wanted = request.args.get("id", "").strip()
    if not wanted:
        return render_template("console/donations.html", wanted="")
    try:
        return redirect(url_for("console.donation", donation_id=UUID(wanted)), 303)
    except ValueError:
        flash(_("这不是捐赠编号。"), "bad")
        return render_template("console/donations.html", wanted=wanted[:60])


@blueprint.get("/donations/<uuid:donation_id>", endpoint="donation")
@access.signed_in(Permission.READ)
def one(donation_id: UUID) -> str:
    """Its story; who gave is not shown here."""
    with deps().db.transaction() as tx:
        found = donation_view(tx, donation_id)
        told = explain(tx, donation_id)
        asked = queries.refunds(tx, donation_id)
    return render_template(
        "console/donation.html",
        donation=found,
        told=told,
        lines=explain_lines(told),
        refunds=asked,
        refundable=found.status in COUNTED and found.refunded_minor < found.amount_minor,
    )


@blueprint.post("/donations/<uuid:donation_id>/refunds", endpoint="refund")
@access.signed_in_to_act(Permission.DONATIONS_REFUND)
def given_back(donation_id: UUID) -> Response:
    """Ask for a refund. The form says how many refunds its reader saw, so a second click changes nothing."""

    def do(tx: Tx, caller: Caller) -> None:
        if request.form.get("seen") != str(queries.refunds_asked(tx, donation_id)):
            raise Conflict("refund_seen")
        typed = request.form.get("amount", "").strip()
        try:
            amount = parse_yuan(typed) if typed else None
        except ValueError as error:
            raise Invalid("amount_invalid") from error
        reason = request.form.get("reason", "").replace("\x00", "")[:500]
        refund.request_refund(tx, donation_id, amount, reason, caller.name)

    back = url_for("console.donation", donation_id=donation_id)
    return act(Permission.DONATIONS_REFUND, back, do, _("退款已提交，支付平台确认后生效。"))
