"""One donation for managers: its state, why, and its refunds."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.forms import Form
from app.http import access
from app.i18n.match_explanation import explain_lines
from campaigns.donations.explain import explain
from campaigns.donations.refund import request_refund
from campaigns.donations.refunds import count_refunds, refunds
from campaigns.donations.states import COUNTED
from campaigns.donations.store_warnings import warnings_of
from campaigns.donations.view import donation_view
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Conflict, Invalid


@blueprint.get("/donations", endpoint="donations")
@access.signed_in(Permission.READ)
def search() -> str | Response:
    """Find a donation by its id."""
    typed = request.args.get("id", "").strip()
    if not typed:
        return render_template("console/donations.html", wanted="")
    try:
        return redirect(url_for("console.donation", donation_id=UUID(typed)), 303)
    except ValueError:
        flash(_("这不是捐赠编号。"), "bad")
        return render_template("console/donations.html", wanted=typed[:60])


@blueprint.get("/donations/<uuid:donation_id>", endpoint="donation")
@access.signed_in(Permission.READ)
def show(donation_id: UUID) -> str:
    """Its state and explanation; who gave is not shown here."""
    with deps().db.transaction() as tx:
        view = donation_view(tx, donation_id)
        explanation = explain(tx, donation_id)
        requested = refunds(tx, donation_id)
        warnings = warnings_of(tx, donation_id)
    return render_template(
        "console/donation.html",
        donation=view,
        explanation=explanation,
        lines=explain_lines(explanation),
        refunds=requested,
        warnings=warnings,
        refundable=view.status in COUNTED and view.refunded_minor < view.amount_minor,
    )


@blueprint.post("/donations/<uuid:donation_id>/refunds", endpoint="refund")
@access.signed_in_to_act(Permission.DONATIONS_REFUND)
def refund(donation_id: UUID) -> Response:
    """Request a refund. The form says how many refunds its reader saw, so a second click changes nothing."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        if form["seen"] != str(count_refunds(tx, donation_id)):
            raise Conflict("refund_seen")
        amount_minor = form.amount("amount")
        if form.faults:
            raise Invalid("amount_invalid")
        reason = request.form.get("reason", "").replace("\x00", "")[:500]
        request_refund(tx, donation_id, amount_minor, reason, caller.name)

    back = url_for("console.donation", donation_id=donation_id)
    return act(Permission.DONATIONS_REFUND, back, do, _("退款已提交，支付平台确认后生效。"))
