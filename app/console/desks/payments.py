"""Payment exceptions: payments that differ from their donation, until an operator takes, refunds, attaches or
dismisses them."""

from collections.abc import Callable
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.desks.assignments import assignments_at
from app.console.forms import ConsoleForm
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.i18n.inbox_texts import money
from app.live.publish import publish
from app.web.blueprint import requested_page
from campaigns.desks import payment_desk
from campaigns.donations.donation_number import numbered_donation
from campaigns.donations.payment_exceptions import ExceptionState
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx

PAGE_SIZE = 20
_NEEDS = {
    "take": Permission.RECONCILE,
    "attach": Permission.RECONCILE,
    "dismiss": Permission.RECONCILE,
    "refund": Permission.DONATIONS_REFUND,
}
Verb = Callable[[Tx, Caller, int, str, ConsoleForm], Any]


@blueprint.get("/payments", endpoint="payments")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_payments() -> str:
    """List the payment exceptions of campaigns that the manager's branch hosts, undecided ones first."""
    page, form = requested_page(PAGE_SIZE), ConsoleForm(request.args)
    state = form["state"] if form["state"] in tuple(ExceptionState) else ""
    with deps().db.transaction() as tx:
        rows, total = payment_desk.listed(tx, state or None, page, scope.branch())
        assigned = assignments_at(tx, "payment_exception", (row.id for row in rows))
        views = views_at(tx, "payments", {"state": state})
    return render_template(
        "console/payments.html",
        rows=rows,
        total=total,
        page=page,
        views=views,
        assigned=assigned,
        state=state,
        states=list(ExceptionState),
        may={verb: g.caller.may(permission) for verb, permission in _NEEDS.items()},
        money=money,
    )


def _attach(tx: Tx, _caller: Caller, exception_id: int, reason: str, form: ConsoleForm) -> Any:
    donation_id = numbered_donation(tx, form["donation"])
    scope.require_named(tx, "donation_id", donation_id)
    return perform(tx, "payment.attach", exception_id, reason, donation=str(donation_id))


_VERBS: dict[str, Verb] = {
    "take": lambda tx, _caller, id_, reason, _form: perform(tx, "payment.take", id_, reason),
    "refund": lambda tx, _caller, id_, reason, _form: perform(tx, "payment.refund", id_, reason),
    "dismiss": lambda tx, caller, id_, reason, _form: payment_desk.dismiss(tx, id_, reason, caller.name),
    "attach": _attach,
}


@blueprint.post(f"/payments/<int:exception_id>/<any({', '.join(_NEEDS)}):verb>", endpoint="payment_act")
@access.signed_in_to_act(Permission.RECONCILE, Permission.DONATIONS_REFUND)
def decide(exception_id: int, verb: str) -> Response:
    """Decide a payment exception. A large sum waits for a second person."""
    form = ConsoleForm(request.form)
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> str | None:
        access.require_declared(_NEEDS[verb])
        outcome = _VERBS[verb](tx, caller, exception_id, reason, form)
        donation = getattr(outcome, "attached_to", None) or getattr(outcome, "donation_id", None)
        if donation is not None:
            campaign_id = payment_desk.campaign_of(tx, donation)
            tx.after_commit(lambda: publish({campaign_id}))
        return said_of(outcome)

    done = {
        "take": _("已收下，计入这笔捐赠。"),
        "attach": _("已计入那笔捐赠。"),
        "dismiss": _("这笔支付已搁置。"),
        "refund": _("退款已提交，支付平台确认后生效。"),
    }
    return act(_NEEDS[verb], url_for("console.payments"), do, done[verb])
