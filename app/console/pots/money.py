"""Top up a pot from its fund, or return free money to it. The change is previewed."""

from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, said_of
from app.console.pots.forms import AmountForm
from app.console.pots.pot import head, lock_of
from app.console.previewed import show_or_save
from app.current import deps
from app.duties import perform
from app.http import access, scope
from campaigns import pots
from campaigns.disclosure.pot_details import newest_funding, pot_view
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict
from ledger.chart import fund as fund_account
from ledger.statements import balance

_VERBS = {"top-ups": pots.top_up, "reductions": pots.reduce}


@blueprint.route(
    "/pots/<int:pot_id>/<any('top-ups', reductions):verb>", methods=["GET", "POST"], endpoint="pot_money"
)
@access.signed_in(Permission.POTS_WRITE)
def change(pot_id: int, verb: str) -> str | Response:
    """Top up a pot, or return free money of it to its fund."""
    form = AmountForm(request.form)
    if request.method == "GET":
        return _form(pot_id, verb, form)
    amount_minor = form.amount_minor()
    return show_or_save(
        form,
        amount_minor,
        page=partial(_form, pot_id, verb),
        preview=partial(_preview, pot_id, verb),
        save=partial(_save, pot_id, verb, form["seen"]),
    )


def _save(pot_id: int, verb: str, seen: str, amount_minor: int) -> Response:
    """Move the money. Raises what `top_up` and `reduce` of `campaigns.pots` raise.

    Also raises Conflict `pot_changed` if money has moved since the preview.
    """
    with deps().db.transaction() as tx:
        lock_of(tx, pot_view(tx, pot_id)[0])
        last = newest_funding(tx, pot_id)
        if seen != str(last.id if last else 0):
            raise Conflict("pot_changed")
        _require_draw(tx, pot_id, verb)
        done = _("已记账。")
        if verb == "top-ups":
            pots.top_up(tx, pot_id, amount_minor, g.caller.name)
        else:
            done = said_of(perform(tx, "pot.reduce", pot_id, amount_minor=amount_minor)) or done
    flash(done, "good")
    return redirect(url_for("console.pot", pot_id=pot_id), 303)


def _preview(pot_id: int, verb: str, tx: Tx, amount_minor: int) -> dict[str, Any]:
    """Return fund and pot before and after the change. `seen`: the id of the pot's latest funding."""
    lock_of(tx, pot_view(tx, pot_id)[0])
    _require_draw(tx, pot_id, verb)
    last, before = newest_funding(tx, pot_id), _figures(tx, pot_id)
    _VERBS[verb](tx, pot_id, amount_minor, g.caller.name)
    return {"seen": last.id if last else 0, "before": before, "after": _figures(tx, pot_id)}


def _require_draw(tx: Tx, pot_id: int, verb: str) -> None:
    """Require that the caller may draw on the fund for a top-up. Money may always be returned."""
    if verb == "top-ups":
        scope.require_draw_of_pot(tx, pot_id)


def _figures(tx: Tx, pot_id: int) -> dict[str, int]:
    state, view = pot_view(tx, pot_id)
    fund_minor = balance(tx, fund_account(state.fund_id))
    return {"fund": fund_minor, "funded": view.funded_minor, "available": view.available_minor + view.paused_minor}


def _form(pot_id: int, verb: str, form: AmountForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        shown = head(tx, pot_id)
        figures = _figures(tx, shown["pot"].id)
    return render_template(
        "console/pot_money.html", verb=verb, form=form, figures=figures, preview=preview, **shown
    )
