"""Events sent to a platform: its subscriptions, the state of each delivery, and sending one again."""

from flask import make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, make_once
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.giving_labels import DELIVERY_FAILURES, DELIVERY_STATES, OUTGOING_TYPES
from app.web.blueprint import requested_page
from campaigns.intake import registered
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Refusal
from payments import outgoing
from payments.partners import partners

_PAGE = 50


@blueprint.get("/partners/<name>/deliveries", endpoint="partner_deliveries")
@access.signed_in(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def list_deliveries(name: str) -> str:
    """List the subscriptions of a platform and its deliveries, newest first."""
    return _page(name, ConsoleForm({}))


def _page(name: str, form: ConsoleForm) -> str:
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
        form=form,
        room=len(subscriptions) < outgoing.MOST_SUBSCRIPTIONS,
        most_url=outgoing.MOST_URL,
        DELIVERY_STATES=DELIVERY_STATES,
        DELIVERY_FAILURES=DELIVERY_FAILURES,
        OUTGOING_TYPES=OUTGOING_TYPES,
    )


@blueprint.post("/partners/<name>/subscriptions", endpoint="partner_subscribe")
@access.signed_in_to_act(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def subscribe(name: str) -> str | Response | tuple[str, int]:
    """Subscribe an address of the platform to kinds of events, and show the signing secret once."""
    access.require_declared(Permission.PARTNERS_WRITE)
    form = ConsoleForm(request.form)

    def make() -> Response:
        with deps().db.transaction() as tx:
            url, types, local = form["url"].strip(), form.all("types"), deps().tell_loopback
            _row, secret = registered.subscribe(tx, deps().keys, name, url, types, access.actor(), loopback=local)
        back = url_for("console.partner_deliveries", name=name)
        shown = {"title": _("通知的签名密钥"), "secret": secret, "back": back}
        return make_response(render_template("console/secret.html", **shown))

    try:
        return make_once(make)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(name, form), 422


@blueprint.post("/partners/<name>/subscriptions/<int:subscription_id>/end", endpoint="partner_unsubscribe")
@access.signed_in_to_act(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def unsubscribe(name: str, subscription_id: int) -> Response:
    """End a subscription. Nothing more is sent there."""

    def do(tx: Tx, caller: Caller) -> None:
        registered.unsubscribe(tx, name, subscription_id, caller.name)

    back = url_for("console.partner_deliveries", name=name)
    return act(Permission.PARTNERS_WRITE, back, do, _("订阅已停用。"))


@blueprint.post("/partners/<name>/subscriptions/<int:subscription_id>/pause", endpoint="partner_subscription_pause")
@access.signed_in_to_act(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def pause(name: str, subscription_id: int) -> Response:
    """Pause or resume a subscription."""
    resumes = ConsoleForm(request.form).verb == "resume"

    def do(tx: Tx, caller: Caller) -> None:
        change = registered.resume_subscription if resumes else registered.pause_subscription
        change(tx, name, subscription_id, caller.name)

    back = url_for("console.partner_deliveries", name=name)
    done = _("已恢复，存着的通知马上发出。") if resumes else _("已暂停，通知先存着，最多三十天。")
    return act(Permission.PARTNERS_WRITE, back, do, done)


@blueprint.post("/partners/<name>/deliveries/<int:delivery_id>/again", endpoint="partner_send_again")
@access.signed_in_to_act(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def send_again(name: str, delivery_id: int) -> Response:
    """Send a delivery again, with the same id and body."""

    def do(tx: Tx, _caller: Caller) -> None:
        outgoing.send_again(tx, name, delivery_id)

    back = url_for("console.partner_deliveries", name=name)
    return act(Permission.PARTNERS_WRITE, back, do, _("马上再发。"))
