"""Correct the plan of a campaign that was scheduled, with a reason."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, refused
from app.console.campaigns.forms import CampaignForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.http import access
from app.i18n.refusals.fields import at_fields
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.phases import LIVING
from campaigns.lifecycle.plan import FIELDS
from campaigns.lifecycle.plan_corrections import correct_plan
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict, Refusal

_NAMES = [f"plan.{name}" for name in FIELDS]


@blueprint.route("/campaigns/<slug>/plan", methods=["GET", "POST"], endpoint="campaign_plan")
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def correct(slug: str) -> str | Response:
    """Correct the plan of a campaign that is scheduled, open or closing."""
    back = url_for("console.campaign", slug=slug)
    with deps().db.transaction() as tx:
        phase = find_campaign(tx, slug).phase
    if phase not in LIVING:
        return refused(Conflict("campaign_phase", phase=phase), back)
    form = CampaignForm(request.form)
    plan = form.plan()
    if request.method == "GET" or form.faults:
        return _page(slug, form)
    try:
        with deps().db.transaction() as tx:
            changed = _correct(tx, slug, form, plan)
    except Refusal as refusal:
        form.add_refusal(refusal)
        if refusal.code == "plan_incomplete":
            for name, sentence in at_fields(refusal).items():
                form.faults[f"plan.{name}"] = form.faults.pop(name, sentence)
        return _page(slug, form)
    flash(_("募捐方案已更正。") if changed else _("没有改动。"), "good")
    return redirect(back, 303)


def _correct(tx: Tx, slug: str, form: CampaignForm, plan: dict[str, object]) -> bool:
    """Store the fields that were changed on the form; return whether there were any.

    Raises what `correct_plan` raises, and Conflict `changed_meanwhile` if another manager changed one of them.
    """
    campaign = lock_campaign(tx, slug)
    names = require_own(tx, f"campaign:{campaign.id}", form, _typed(form), _typed(CampaignForm.of(campaign)))
    changes = {name: plan[name] for name in FIELDS if f"plan.{name}" in names}
    if changes:
        correct_plan(tx, slug, changes, form["reason"], g.caller.name)
    return bool(changes)


def _typed(form: CampaignForm) -> dict[str, str]:
    return {name: form[name] for name in _NAMES}


def _page(slug: str, form: CampaignForm) -> str:
    """Render the form. After a colleague's change it shows the current values beside what was typed."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
    stored = CampaignForm.of(campaign)
    now = _typed(stored)
    return render_template(
        "console/campaign_plan.html",
        campaign=campaign,
        form=form if request.method == "POST" else stored,
        was=now if form.overtaken else shown_before(form, now),
    )
