"""Partner platforms: registered, their limits, and the rotation of their signing secrets."""

from datetime import timedelta

from flask import Response as FlaskResponse
from flask import make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, make_once
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.intake import registered
from campaigns.intake.partner_limits import change_limits
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid, Refusal
from payments import partner_secrets, partners

_PARTNERS = Permission.PARTNERS_WRITE
OVERLAPS = (1, 7, 30)  # days for which the old secret stays valid; 0: until it is ended
Answer = str | Response | tuple[str, int]


@blueprint.route("/partners", methods=["GET", "POST"], endpoint="partners")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def list_partners() -> Answer:
    """The platforms, and the form that registers another one and shows its secret, this once."""
    form = ConsoleForm(request.form)
    if request.method == "GET":
        return _list(form)
    name, title = form.text("name", partners.MOST_NAME) or "", form.text("title", 100) or ""
    form.require("name", "title")
    if form.faults:
        return _list(form), 422
    try:
        return make_once(lambda: _register(form, name, title))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _list(form), 422


def _register(form: ConsoleForm, name: str, title: str) -> FlaskResponse:
    codes = [code for code in form["projects"].replace("，", ",").replace(",", " ").split() if code] or None
    expected = form["statement"] == "yes"
    with deps().db.transaction() as tx:
        secret = registered.register(
            tx, deps().keys, name, title, access.actor(), codes, statement_expected=expected
        )
    return _secret(title, secret, name)


def _secret(title: str, secret: str, name: str) -> FlaskResponse:
    back = url_for("console.partner", name=name)
    return make_response(render_template("console/secret.html", title=title, secret=secret, back=back))


def _list(form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        rows = partners.list_partners(tx)
    return render_template("console/partners.html", rows=rows, form=form)


@blueprint.get("/partners/<name>", endpoint="partner")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def show(name: str) -> str:
    """A platform: its limits and its signing secrets, without themselves."""
    return _page(name, None)


def _page(name: str, form: ConsoleForm | None) -> str:
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        secrets, now = partner_secrets.list_secrets(tx, partner), tx.now
    valid = [secret for secret in secrets if secret.ends_at is None or secret.ends_at > now]
    return render_template(
        "console/partner.html",
        partner=partner,
        secrets=secrets,
        valid=valid,
        endable=[own for own in valid if any(other is not own and not other.ends_at for other in valid)],
        room=len(valid) < partner_secrets.MOST_VALID,
        overlaps=OVERLAPS,
        limits=deps().limits,
        form=form or ConsoleForm({}),
    )


@blueprint.post("/partners/<name>/limits", endpoint="partner_limits")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def set_limits(name: str) -> Answer:
    """Set a platform's limits; what is left empty is the installation's default."""
    form = ConsoleForm(request.form)
    limits = {
        "gift_most_minor": form.amount("gift_most_minor"),
        "day_most_minor": form.amount("day_most_minor"),
        "day_most_count": form.whole("day_most_count"),
    }
    if form.faults:
        return _page(name, form), 422

    def do(tx: Tx, caller: Caller) -> None:
        if not all(limit is None or limit > 0 for limit in limits.values()):
            raise Invalid("amount_invalid")
        change_limits(tx, name, limits, caller.name)

    return act(_PARTNERS, url_for("console.partner", name=name), do, _("限额已保存。"))


@blueprint.post("/partners/<name>/secrets", endpoint="partner_secret")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def rotate(name: str) -> Answer:
    """Make another signing secret and show it, this once; the old one stays valid as long as was chosen."""
    access.require_declared(_PARTNERS)
    days = ConsoleForm(request.form).whole("days")

    def make() -> FlaskResponse:
        with deps().db.transaction() as tx:
            until = tx.now + timedelta(days=days) if days in OVERLAPS else None
            made = registered.rotate_secret(tx, deps().keys, name, until, access.actor())
        return _secret(name, made.secret, name)

    return make_once(make)


@blueprint.post("/partners/<name>/secrets/<int:secret_id>/end", endpoint="partner_secret_end")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def end_secret(name: str, secret_id: int) -> Response:
    """End a signing secret, from the next request on."""

    def do(tx: Tx, caller: Caller) -> None:
        registered.end_secret(tx, name, secret_id, caller.name)

    return act(_PARTNERS, url_for("console.partner", name=name), do, _("密钥已停用。"))
