"""Create a campaign, and edit it while it is a draft."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint, rehearse
from app.console.campaigns.forms import UNITS_S, CampaignForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.refusals.fields import at_fields
from app.i18n.refusals.refusals import refusal_text
from campaigns.lifecycle import drafts
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.plan import FIELDS
from campaigns.lifecycle.transitions import schedule
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict, Refusal


@blueprint.route("/new-campaign", methods=["GET", "POST"], endpoint="campaign_new")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.NAMED)
def create() -> str | Response:
    """Create a draft campaign."""
    if request.method == "GET":
        return _form(CampaignForm.fresh())
    form = CampaignForm(request.form)
    new = form.new() if form.verb == "save" else None
    if new is None:
        return _form(form)
    try:
        with deps().db.transaction() as tx:
            created = _create(tx, new)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(form)
    flash(_("活动草稿已建立。") if created else _("这个活动刚才已经建立，没有重复建立。"), "good")
    return redirect(url_for("console.campaign", slug=new.slug), 303)


def _create(tx: Tx, new: drafts.NewCampaign) -> bool:
    """Create the draft; return False if the same draft already exists. Raises what `drafts.create` raises."""
    scope.require_node(tx, new.host)
    try:
        drafts.create(tx, new, g.caller.name)
    except Conflict:
        existing = find_campaign(tx, new.slug)
        if (existing.name, existing.opens_at, existing.ends_at) != (new.name, new.opens_at, new.ends_at):
            raise
        return False
    return True


@blueprint.route("/campaigns/<slug>/edit", methods=["GET", "POST"], endpoint="campaign_edit")
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def change(slug: str) -> str | Response:
    """Edit the plan and the times of a draft. The page of a later campaign offers what may still change."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
    stored = CampaignForm.of(campaign)
    if request.method == "GET":
        if campaign.phase != Phase.DRAFT:
            flash(refusal_text(Conflict("campaign_phase", phase=campaign.phase)), "bad")
            return redirect(url_for("console.campaign", slug=slug), 303)
        if "check" in request.args:
            _mark_missing(slug, stored)
        return _form(stored, campaign, stored)
    form = CampaignForm(request.form)
    if form.verb != "save" or not form.changes() or form.faults:
        return _form(form, campaign, stored)
    try:
        with deps().db.transaction() as tx:
            changed = _change(tx, slug, form)
    except Refusal as refusal:
        form.add_refusal(refusal)
        if refusal.code != "changed_meanwhile":
            return _form(form, campaign, stored)
        form.faults.setdefault("", refusal_text(refusal))
        with deps().db.transaction() as tx:
            now = CampaignForm.of(find_campaign(tx, slug))
        return _form(form, campaign, now, fresh=True)
    flash(_("活动方案已保存。") if changed else _("没有改动。"), "good")
    return redirect(url_for("console.campaign", slug=slug), 303)


def _change(tx: Tx, slug: str, form: CampaignForm) -> bool:
    """Store the fields that were changed on the form; return whether there were any.

    Raises what `drafts.change` raises, and Conflict `changed_meanwhile` if another manager changed one of them.
    """
    campaign = lock_campaign(tx, slug)
    now = CampaignForm.of(campaign).typed()
    names = require_own(tx, f"campaign:{campaign.id}", form, form.typed(), now)
    if names or campaign.phase != Phase.DRAFT:  # outside the draft phase `change` refuses
        drafts.change(tx, slug, form.written(names), g.caller.name)
    return bool(names)


def _mark_missing(slug: str, form: CampaignForm) -> None:
    """Mark the fields that prevent scheduling."""
    try:
        rehearse(lambda tx: schedule(tx, slug, g.caller.name))
    except Refusal as refusal:
        for name, sentence in at_fields(refusal).items():
            form.faults[f"plan.{name}" if name in FIELDS else name] = sentence


def _form(
    form: CampaignForm, campaign: Campaign | None = None, stored: CampaignForm | None = None, *, fresh: bool = False
) -> str:
    """Render the form. It repeats the values that the submitted form was shown with. With `fresh` it shows the
    current ones, because the manager is told of a colleague's change."""
    now = stored.typed() if stored else {}
    with deps().db.transaction() as tx:
        branch = scope.branch()
        hosts = choices.of_level(tx, branch, "city", "county") or choices.places(tx, [branch] if branch else [])
    return render_template(
        "console/campaign_edit.html",
        form=form,
        campaign=campaign,
        hosts=hosts,
        durations=list(UNITS_S),
        was=now if fresh else shown_before(form, now),
    )
