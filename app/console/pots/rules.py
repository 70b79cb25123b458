"""Change the rules of a pot from a given time, after a preview beside the rules in force."""

from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.pots.create import scope_choices
from app.console.pots.forms import RulesForm
from app.console.pots.pot import head, lock_of, named_projects, places_of
from app.console.previewed import show_or_save
from app.current import deps
from app.http import access
from campaigns import pots
from campaigns.disclosure.pot_details import pot_view
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict
from matching.pot_state import PotState, RulesVersion
from matching.rules import parse


class RulesChange(NamedTuple):
    """Rules as JSON for the use case, and the time from which they are valid (None: immediately)."""

    rules: dict[str, Any]
    valid_from: datetime | None


@blueprint.route("/pots/<int:pot_id>/rules", methods=["GET", "POST"], endpoint="pot_rules")
@access.signed_in(Permission.POTS_WRITE)
def change(pot_id: int) -> str | Response:
    """Add a version of a pot's rules."""
    with deps().db.transaction() as tx:
        state: PotState = head(tx, pot_id)["state"]
    if request.method == "GET":
        return _form(state, RulesForm.of(_newest(state).rules.as_json()))
    form = RulesForm(request.form)
    command = RulesChange(form.rules(state.kind), form.moment("valid_from")) if form.finished else None
    return show_or_save(
        form,
        command,
        page=partial(_form, state),
        preview=partial(_preview, state, form),
        save=partial(_save, state, form),
    )


def _newest(state: PotState) -> RulesVersion:
    return max(state.versions, key=lambda version: version.number)


def _save(state: PotState, form: RulesForm, command: RulesChange) -> Response:
    """Save the version. Raises what `_add` raises."""
    with deps().db.transaction() as tx:
        _add(tx, state, form, command)
    flash(_("新规则已保存。"), "good")
    return redirect(url_for("console.pot", pot_id=state.pot_id), 303)


def _add(tx: Tx, state: PotState, form: RulesForm, command: RulesChange) -> None:
    """Add the version.

    Raises what `campaigns.pots.add_rules` raises, Conflict `pot_changed` if the rules have changed since the form
    was opened (the form then shows the new ones), and `rules_unchanged` if the typed rules are already in force.
    """
    lock_of(tx, state)
    newest = _newest(pot_view(tx, state.pot_id)[0])
    if form["seen"] != str(newest.number):
        form.data["seen"] = str(newest.number)
        raise Conflict("pot_changed")
    if command.valid_from is None and newest.valid_from <= tx.now and newest.rules == parse(command.rules):
        raise Conflict("rules_unchanged")
    pots.add_rules(tx, state.pot_id, *command, g.caller.name)


def _preview(state: PotState, form: RulesForm, tx: Tx, command: RulesChange) -> dict[str, Any]:
    """Return the rules as they would become. Raises what `_add` raises."""
    _add(tx, state, form, command)
    after = pot_view(tx, state.pot_id)[0]
    return {
        "version": _newest(after),
        "rules": _newest(after).rules.as_json(),
        "at_once": command.valid_from is None,
        "places": places_of(tx, after),
        "named": named_projects(tx, after),
    }


def _form(state: PotState, form: RulesForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        shown = head(tx, state.pot_id)
        current = shown["state"].version(tx.now)
        seen = form["seen"] or _newest(shown["state"]).number
        shown |= {
            "places": places_of(tx, shown["state"]),
            "named": named_projects(tx, shown["state"]),
        } | scope_choices(tx, form)
    rules = current.rules.as_json() if current else None
    return render_template("console/pot_rules.html", form=form, preview=preview, current=rules, seen=seen, **shown)
