"""The training site, which managers order, open and throw away themselves (ADR 41)."""

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import training_orders
from app.console.blueprint import act, blueprint
from app.current import deps, settings
from app.demo.accounts import colleagues
from app.http import access, scope
from app.http.scope import Where
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx


@blueprint.get("/training", endpoint="training")
@access.signed_in(Permission.READ, where=Where.ANY)
def show() -> str:
    """Show the existing training site and how to sign in to it, or else the form to order one."""
    folder = settings().training_dir
    ordered = training_orders.current(folder)
    with deps().db.snapshot() as tx:
        now = tx.now
    return render_template(
        "console/training.html",
        ordered=ordered,
        available=training_orders.can_be_ordered(folder),
        choices=training_orders.MINUTES,
        accounts=colleagues(village="", county_name=ordered.county if ordered else ""),
        now=now,
    )


@blueprint.post("/training", endpoint="training_start")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.ANY)
def start() -> Response:
    """Order a training site."""
    text = request.form.get("minutes", "")
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0

    def do(tx: Tx, _caller: Caller) -> None:
        training_orders.start(tx, settings().training_dir, minutes, g.caller)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.training"), do, _("正在准备演练，大约一分钟。"))


@blueprint.post("/training/throw-away", endpoint="training_throw_away")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.ANY)
def throw_away() -> Response:
    """Throw the training site away."""

    def do(tx: Tx, caller: Caller) -> None:
        folder = settings().training_dir
        if ordered := training_orders.current(folder):
            scope.require_node(tx, ordered.branch)
        training_orders.throw_away(tx, folder, caller.name)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.training"), do, _("演练已丢弃，里面的一切都删掉了。"))
