"""Merge a node of the network into another: choose it, preview what moves, confirm."""

from functools import partial
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint
from app.console.forms import ConsoleForm
from app.console.previewed import show_or_save
from app.current import deps
from app.http import access, scope
from campaigns.merge_node import Merged, candidates, merge_node
from campaigns.network.organisations import find
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx
from kernel.errors import Conflict


class _Order(NamedTuple):
    into: str
    reason: str


@blueprint.route("/network/<code>/merge", methods=["GET", "POST"])
@access.signed_in(Permission.PEOPLE_WRITE)
def node_merge(code: str) -> str | Response:
    """Merge a node permanently into another of its level."""
    form = ConsoleForm(request.form)
    order = None
    if form.finished:
        form.require("into", "reason")
        order = _Order(form["into"], form.text("reason", MOST_REASON) or "")
    return show_or_save(
        form,
        order,
        page=partial(_page, code),
        preview=partial(_preview, code),
        save=partial(_save, code, form["seen"]),
    )


def _preview(code: str, tx: Tx, order: _Order) -> dict[str, Any]:
    """Return what moves along. `seen`: the counts, which must be the same on confirmation."""
    scope.require_merge(tx, code, order.into)
    merged = merge_node(tx, code, order.into, order.reason, access.actor())
    return {"merged": merged, "into": find(tx, order.into), "seen": _seen(merged)}


def _seen(merged: Merged) -> str:
    return " ".join(map(str, merged))


def _save(code: str, seen: str, order: _Order) -> Response:
    """Merge the node. Raises what `merge_node` raises, and Conflict `effect_changed` if the counts differ from the
    preview."""
    with deps().db.transaction() as tx:
        scope.require_merge(tx, code, order.into)
        if _seen(merge_node(tx, code, order.into, order.reason, access.actor())) != seen:
            raise Conflict("effect_changed")
    flash(_("已并入。原来的地址会转到这里。"), "good")
    return redirect(url_for("console.node", code=order.into), 303)


def _page(code: str, form: ConsoleForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        node = find(tx, code)
        codes = {form["into"]} | {
            each.code for each in candidates(tx, code, form["place_q"][: choices.MOST_SOUGHT])
        }
        places = choices.places(tx, codes - {""})
    return render_template("console/node_merge.html", node=node, form=form, preview=preview, places=places)
