"""Try a campaign's pots with a day of donations, before it is scheduled or while it runs: nothing is written."""

from flask import render_template, request
from flask_babel import gettext as _

from app.console.blueprint import blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.off_loop import off_loop
from app.i18n.faults import fault_text
from app.i18n.import_texts import place_text
from app.i18n.refusals import refusal_text
from campaigns.disclosure.simulated_day import MOST_GIFTS, Day, made_day, projects_of, typed_day
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.errors import Invalid
from matching.pot_state import load_pot_states
from matching.simulate import Simulation, simulate

_GIFTS, _AVERAGE_MINOR = 2_000, 60_00  # our default


@blueprint.route("/campaigns/<slug>/simulate", methods=["GET", "POST"], endpoint="campaign_simulate")
@access.signed_in(Permission.POTS_WRITE)
def simulate_day(slug: str) -> str:
    """Who would be matched, and when each pot runs dry."""
    form = ConsoleForm(request.form if request.method == "POST" else {"count": str(_GIFTS), "average": "60"})
    result = None
    try:
        result = _result(slug, form) if request.method == "POST" else None
    except Invalid as refusal:
        form.faults |= {"": refusal_text(refusal), "gifts": _lines(refusal)}
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
    return render_template("console/simulate.html", campaign=campaign, form=form, result=result, most=MOST_GIFTS)


def _result(slug: str, form: ConsoleForm) -> Simulation | None:
    """Return what would happen; None with `form.faults`. Raises Invalid `simulation_invalid`."""
    text = form.data.get("gifts", "")
    count, average = form.whole("count"), form.amount("average")
    if form.faults:
        return None
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        targets, pots = projects_of(tx, campaign), load_pot_states(tx, [campaign.id or 0])
    if text.strip():
        gifts = typed_day(text, targets)
    else:
        day = Day(min(max(count or _GIFTS, 1), MOST_GIFTS), max(average or _AVERAGE_MINOR, 1_00))
        gifts = made_day(campaign, targets, day)
    return off_loop(simulate, pots, gifts)


def _lines(refusal: Invalid) -> str:
    """Return what is wrong with the lines that were typed, each with its number."""
    places = {name: place_text("", name) + _("：") if name.startswith("line ") else "" for name in refusal.fields}
    return _("；").join(places[name] + fault_text(why) for name, why in refusal.fields.items())
