"""Create a pot: fill in the form, check the rehearsed preview, save exactly that."""

from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import func, select
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint
from app.console.pots.forms import PotForm, RulesForm
from app.console.pots.pot import named_projects, places_of
from app.console.previewed import show_or_save
from app.current import deps
from app.http import access, scope
from campaigns import pots
from campaigns.disclosure.pot_details import pot_view
from campaigns.funds import funds
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx
from ledger.chart import fund as fund_account
from ledger.statements import balance
from matching.models import Pot


@blueprint.route("/campaigns/<slug>/pots/new", methods=["GET", "POST"], endpoint="pot_new")
@access.signed_in(Permission.POTS_WRITE)
def create(slug: str) -> str | Response:
    """Create a pot for a campaign, funded from a fund."""
    if request.method == "GET":
        return _form(slug, _fresh(slug))
    form = PotForm(request.form)
    command = form.command() if form.finished else None
    return show_or_save(
        form,
        command,
        page=partial(_form, slug),
        preview=partial(_preview, slug),
        save=partial(_save, slug),
    )


def _fresh(slug: str) -> PotForm:
    """Return an empty form. The new pot ranks after the existing ones."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        last = tx.first(select(func.max(Pot.rank)).where(Pot.campaign_id == campaign.id)) or 0
    return PotForm.fresh(campaign, min(last + 1, 1_000))


def _save(slug: str, command: dict[str, Any]) -> Response:
    """Create the pot. Raises what `campaigns.pots.create` raises."""
    with deps().db.transaction() as tx:
        scope.require_draw(tx, slug, command["fund"])
        pot_id = pots.create(tx, campaign=slug, **command, actor=g.caller.name)
    flash(_("配捐池已建立。"), "good")
    return redirect(url_for("console.pot", pot_id=pot_id), 303)


def _preview(slug: str, tx: Tx, command: dict[str, Any]) -> dict[str, Any]:
    """Return the pot as it would be created, and the money left in the fund."""
    scope.require_draw(tx, slug, command["fund"])
    had_minor = balance(tx, fund_account(command["fund"]))
    state, view = pot_view(tx, pots.create(tx, campaign=slug, **command, actor=g.caller.name))
    return {
        "pot": view,
        "tranches": command["tranches"],
        "had_minor": had_minor,
        "left_minor": balance(tx, fund_account(command["fund"])),
        "places": places_of(tx, state),
        "named": named_projects(tx, state),
    }


def _form(slug: str, form: PotForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows = funds.list_funds(tx, scope.branch())
        offered = scope_choices(tx, form)
    return render_template(
        "console/pot_new.html", campaign=campaign, form=form, funds=rows, preview=preview, **offered
    )


def scope_choices(tx: Tx, form: RulesForm) -> dict[str, Any]:
    """Return the options of a scope: the counties of the branch, the chosen places and projects, and what was
    found."""
    counties = choices.of_level(tx, scope.branch(), "county")
    known = {county.value for county in counties}
    others = set(form.all("scope.under")) - known
    other_places = [place for place in choices.places(tx, others, form["place_q"]) if place.value not in known]
    projects = choices.projects(tx, set(form.projects), form["project_q"])
    return {"counties": counties, "other_places": other_places, "projects": projects}
