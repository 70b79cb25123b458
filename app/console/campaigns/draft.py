"""Create a campaign, and change it while it is a draft."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint, rehearse
from app.console.campaigns.forms import UNITS_S, CampaignForm
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.fields import at_fields
from campaigns.lifecycle import drafts
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.plan import PLAN_FIELDS
from campaigns.lifecycle.transitions import schedule
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict, Refusal


@blueprint.route("/new-campaign", methods=["GET", "POST"], endpoint="campaign_new")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.NAMED)
def create() -> str | Response:
    """Create a campaign in draft."""
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
    """Create the draft; return False when the same draft exists already. Raises what `drafts.create` raises."""
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
    """Change the plan and the times of a draft."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
    stored = CampaignForm.of(campaign)
    if request.method == "GET":
        if "check" in request.args:
            _mark_missing(slug, stored)
        return _form(stored, campaign)
    form = CampaignForm(request.form)
    changes = form.changes() if form.verb == "save" else {}
    if not changes or form.faults:
        return _form(form, campaign)
    # A duration of odd seconds, set through the API, stays as it is until it is typed anew.
    durations = changes["durations"].items()
    changes["durations"] = {name: value for name, value in durations if form[name] != stored[name]}
    try:
        with deps().db.transaction() as tx:
            drafts.change(tx, slug, changes, g.caller.name)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _form(form, campaign)
    flash(_("活动方案已保存。"), "good")
    return redirect(url_for("console.campaign", slug=slug), 303)


def _mark_missing(slug: str, form: CampaignForm) -> None:
    """Mark at its fields what prevents scheduling."""
    try:
        rehearse(lambda tx: schedule(tx, slug, g.caller.name))
    except Refusal as refusal:
        for name, sentence in at_fields(refusal).items():
            form.faults[f"plan.{name}" if name in PLAN_FIELDS else name] = sentence


def _form(form: CampaignForm, campaign: Campaign | None = None) -> str:
    with deps().db.transaction() as tx:
        hosts = choices.of_level(tx, "city", "county")
    return render_template(
        "console/campaign_edit.html", form=form, campaign=campaign, hosts=hosts, durations=list(UNITS_S)
    )
