"""Making a pot: typed, shown in words by rehearsal, then saved as it was shown."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint, rehearse
from app.console.pots import queries
from app.console.pots.forms import PotForm, RulesForm
from app.console.pots.page import named_projects, places_of
from app.current import deps
from app.http import access
from campaigns import pots
from campaigns.funds import funds
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Refusal
from ledger.chart import fund as fund_account
from ledger.statements import balance


@blueprint.route("/campaigns/<slug>/pots/new", methods=["GET", "POST"], endpoint="pot_new")
@access.signed_in(Permission.POTS_WRITE)
def new(slug: str) -> str | Response:
    """A new pot for a campaign, filled from a fund."""
    if request.method == "GET":
        return _form(slug, _fresh(slug))
    form = PotForm(request.form)
    command = form.command() if form.finished else None
    if command is None or form.faults:
        return _form(slug, form)
    try:
        if form.confirmed:
            return _saved(slug, form, command)
        return _form(slug, form, rehearse(lambda tx: _preview(tx, slug, command)))
    except Refusal as refusal:
        form.refused(refusal)
        return _form(slug, form)


def _fresh(slug: str) -> PotForm:
    """Next to be asked after the pots that there are."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        last = tx.scalar("SELECT coalesce(max(rank), 0) FROM pot WHERE campaign_id = :id", id=campaign.id)
    return PotForm.fresh(campaign, min(last + 1, 1_000))


def _saved(slug: str, form: PotForm, command: dict[str, Any]) -> Response:
    """Make the pot, unless one of this name is younger than the preview: that came from the same preview."""
    with deps().db.transaction() as tx:
        campaign = lock_campaign(tx, slug)
        twin = tx.scalar(
            "SELECT id FROM pot WHERE campaign_id = :campaign AND id > :seen AND name = :name",
            campaign=campaign.id,
            seen=form.whole("seen") or 0,
            name=command["name"],
        )
        pot_id = twin or pots.create(tx, campaign=slug, **command, actor=g.caller.name)
    flash(_("这个配捐池刚才已经建立，没有重复建立。") if twin else _("配捐池已建立。"), "good")
    return redirect(url_for("console.pot", pot_id=pot_id), 303)


def _preview(tx: Tx, slug: str, command: dict[str, Any]) -> dict[str, Any]:
    """The pot as it would be, and what it would leave in the fund. `seen`: the newest pot that there is."""
    campaign = lock_campaign(tx, slug)
    seen = tx.scalar("SELECT coalesce(max(id), 0) FROM pot WHERE campaign_id = :id", id=campaign.id)
    had = balance(tx, fund_account(command["fund"]))
    state, view = queries.pot(tx, pots.create(tx, campaign=slug, **command, actor=g.caller.name))
    return {
        "pot": view,
        "seen": seen,
        "tranches": command["tranches"],
        "had_minor": had,
        "left_minor": balance(tx, fund_account(command["fund"])),
        "places": places_of(tx, state),
        "named": named_projects(tx, state),
    }


def _form(slug: str, form: PotForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows = funds.list_funds(tx)
        scope = scope_choices(tx, form)
    return render_template(
        "console/pot_new.html", campaign=campaign, form=form, funds=rows, preview=preview, **scope
    )


def scope_choices(tx: Tx, form: RulesForm) -> dict[str, Any]:
    """What the scope can be chosen from: all counties, what is chosen already, and what was looked for."""
    counties = choices.of_level(tx, "county")
    known = {one.value for one in counties}
    others = set(form.all("scope.under")) - known
    found = [one for one in choices.places(tx, others, form["place_q"]) if one.value not in known]
    projects = choices.projects(tx, set(form.projects), form["project_q"])
    return {"counties": counties, "other_places": found, "projects": projects}
