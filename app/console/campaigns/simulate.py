"""Simulate a day of donations on a campaign's pots, before it is scheduled or while it runs. Nothing is stored."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from flask import render_template, request
from flask_babel import gettext as _

from app.console.blueprint import blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.off_loop import off_loop
from app.i18n.import_texts import place_text
from app.i18n.labels import CAPS
from app.i18n.refusals.faults import fault_text
from campaigns.disclosure.simulated_day import GIFTS, MOST_GIFTS, default_day, made_day, projects_of, typed_day
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.projects.names import project_names
from kernel.errors import Invalid, fault
from kernel.money import MAX_MINOR
from matching.pot_state import PotState, load_pot_states
from matching.rules import parse
from matching.simulate import Comparison, Gift, GiftRun, PotChange, Simulation, compare, simulate, with_changes

MOST_LISTED = 100
_CAPS = ("donation_minor", "donor_day_minor", "donor_minor", "project_minor")


class _Result(NamedTuple):
    """The simulated day with the pots as they are, and with one pot changed."""

    now: Simulation
    changed: Simulation | None = None
    comparison: Comparison | None = None
    typed: bool = False  # whether the gifts were typed, instead of generated

    def listed(self) -> list[tuple[GiftRun, int | None]]:
        """Return the gifts to list, each with its match under the changed rules: all typed ones; of a generated day
        those that a change concerns, or else those that were cut."""
        after: Sequence[int | None] = [run.matched_minor for run in self.changed.matches] if self.changed else ()
        pairs = list(zip_longest(self.now.matches, after))
        if self.typed:
            return pairs
        if self.changed:
            return [(run, minor) for run, minor in pairs if minor != run.matched_minor]
        return [(run, None) for run, _minor in pairs if run.short or not run.matched_minor]


@blueprint.route("/campaigns/<slug>/simulate", methods=["GET", "POST"], endpoint="campaign_simulate")
@access.signed_in(Permission.POTS_WRITE)
def simulate_day(slug: str) -> str:
    """Show which donations would be matched, and when each pot would be empty."""
    form = ConsoleForm(request.form if request.method == "POST" else {"count": str(GIFTS), "average": "60"})
    result = None
    try:
        result = _result(slug, form) if request.method == "POST" else None
    except Invalid as refusal:
        form.faults["gifts"] = _lines(refusal)
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        pots = load_pot_states(tx, [campaign.id or 0])
        runs = result.listed() if result else []
        listed = runs[:MOST_LISTED]
        projects = project_names(tx, {run.gift.target.project_id for run, _after in listed})
    shown = {"campaign": campaign, "pots": pots, "caps": {name: CAPS[name] for name in _CAPS}}
    shown |= {"listed": listed, "runs": len(runs), "names": {row.id: row.name for row in projects}, "donor": _donor}
    return render_template("console/simulate.html", form=form, result=result, most=MOST_GIFTS, **shown)


def _donor(gift: Gift) -> str:
    """Return the donor as typed, or else the line of the gift."""
    return gift.donor or place_text("", f"line {gift.line}", {})


def _result(slug: str, form: ConsoleForm) -> _Result | None:
    """Return the simulated result, or None with `form.faults`. Raises Invalid `simulation_invalid`."""
    text = form.data.get("gifts", "")
    count, average = form.whole("count"), form.amount("average")
    if not text.strip():
        _check_day(form, count, average)
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        targets, pots = projects_of(tx, campaign), load_pot_states(tx, [campaign.id or 0])
    changes = _changes(form, pots)
    if form.faults:
        return None
    gifts = typed_day(text, targets) if text.strip() else made_day(campaign, targets, default_day(count, average))
    now = off_loop(simulate, pots, gifts)
    typed = bool(text.strip())
    if not changes:
        return _Result(now, typed=typed)
    changed = off_loop(simulate, with_changes(pots, changes), gifts)
    return _Result(now, changed, compare(now, changed), typed)


def _check_day(form: ConsoleForm, count: int | None, average: int | None) -> None:
    """Note a fault for a number of donations or an average that a generated day cannot have."""
    if count is not None and not 1 <= count <= MOST_GIFTS:
        form.faults["count"] = fault_text(fault("out_of_range", least=1, most=MOST_GIFTS))
    if average is not None and not 1_00 <= average <= MAX_MINOR:
        form.faults["average"] = fault_text(fault("amount_out_of_range", least_minor=1_00, most_minor=MAX_MINOR))


def _changes(form: ConsoleForm, pots: Sequence[PotState]) -> dict[int, PotChange]:
    """Return the change to try on one pot, by its id: the typed ratio, caps, least gift and added money. May set
    `form.faults`."""
    pot = next((pot for pot in pots if str(pot.pot_id) == form["pot"]), None)
    ratio, added = form.ratio("ratio_bps"), form.amount("added_minor")
    caps = {name: form.amount(f"caps.{name}") for name in _CAPS}
    least = form.amount("minimum_minor")
    if pot is None or form.faults:
        return {}
    rules = pot.versions[-1].rules.as_json()
    rules |= {"ratio_bps": ratio} if ratio is not None else {}
    rules |= {"minimum_minor": least} if least is not None else {}
    rules["caps"] = {**rules["caps"], **{name: minor for name, minor in caps.items() if minor is not None}}
    try:
        return {pot.pot_id: PotChange(parse(rules), added or 0)}
    except Invalid as refusal:
        form.add_refusal(refusal)
        return {}


def _lines(refusal: Invalid) -> str:
    """Return the faults of the typed lines, each with its line number."""
    places = {
        name: place_text("", name, {}) + _("：") if name.startswith("line ") else "" for name in refusal.fields
    }
    return _("；").join(places[name] + fault_text(why) for name, why in refusal.fields.items())
