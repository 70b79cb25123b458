"""The list of campaigns, the page of one campaign, and its buttons to schedule and close it."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, refused
from app.console.choices import names_of_projects
from app.console.history import history_of
from app.console.wait_desks import wait_lines
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.audit.audit_labels import ACTS
from app.i18n.refusals.refusals import refusal_text
from app.web.blueprint import requested_page
from campaigns.awards.awards import PUBLISHED
from campaigns.closing.cancel import find_cancellation
from campaigns.closing.close import close
from campaigns.closing.give_back import gifts_by_provider, to_give_back
from campaigns.closing.publication.notices import latest
from campaigns.closing.waits import waits
from campaigns.disclosure.campaigns import campaign_lines
from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.pot_details import place_names
from campaigns.disclosure.totals import Totals, pot_views, totals
from campaigns.lifecycle import plan, transitions
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.history import history
from campaigns.lifecycle.host_contact import Contact, contacts_of
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import LIVING, MOVES, Phase
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid, Refusal
from kernel.paging import Page
from matching.tranches import tranches

PAGE_SIZE = 50
# The changes that the page of a campaign lists. Its phases are listed apart; the screening's are its reviewers'.
_CHANGES = frozenset(("award.add", "award.remove", PUBLISHED)) | frozenset(
    f"campaign.{act}"
    for act in (
        "cancel",
        "change",
        "contact",
        "copy",
        "correct_plan",
        "end_early",
        "extend",
        "restore_listing",
        "unschedule",
        "withdraw_entry",
        "withdraw_listing",
    )
)


@blueprint.get("/campaigns", endpoint="campaigns")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_campaigns() -> str:
    """List all campaigns with their totals."""
    with deps().db.transaction() as tx:
        lines = campaign_lines(tx, scope.branch())
        sums = totals(tx, [line.id for line in lines])
    return render_template("console/campaigns.html", lines=lines, sums=sums)


@blueprint.get("/campaigns/<slug>", endpoint="campaign")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show(slug: str) -> str:
    """Show a campaign: its phase and history, totals, pots and projects."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        pots = pot_views(tx, campaign.id)
        shown: dict[str, Any] = {
            "contact": contacts_of(tx, [campaign.id]).get(campaign.id, Contact()),
            "waits": wait_lines(tx, waits(tx, campaign), slug),
            "history": history(tx, campaign.id),
            "acts": history_of(tx, f"campaign:{campaign.id}", _CHANGES),
            "sums": totals(tx, [campaign.id])[campaign.id],
            "pots": pots,
            "places": place_names(tx, pots),
            "named": names_of_projects(tx, pots),
            "parts": tranches(tx, campaign.id),
            "now": tx.now,
            "may_add_pots": access.opens("pot_new") and campaign.phase in LIVING | {Phase.DRAFT},
            "warnings": plan.warnings(campaign),
            "missing": plan.missing_fields(campaign),
        }
        shown["overtaken"] = _is_overtaken(tx, campaign.id, shown["sums"])
        if campaign.phase == Phase.CANCELLED:
            shown |= _on_the_way_back(tx, campaign)
        shown["entries"], total = listed(tx, ProjectQuery(campaign.id), page)
    return render_template(
        "console/campaign.html",
        campaign=campaign,
        moves={str(move) for move in MOVES[Phase(campaign.phase)]},
        total=total,
        page=page,
        act_labels=ACTS,
        **shown,
    )


def _is_overtaken(tx: Tx, campaign_id: int, sums: Totals) -> bool:
    """Return whether the sums have changed since the last notice of the result, as by a refund."""
    last = latest(tx, campaign_id)
    return last is not None and (sums.raised_minor, sums.matched_minor) != (
        last.notice["raised_minor"],
        last.notice["matched_minor"],
    )


def _on_the_way_back(tx: Tx, campaign: Campaign) -> dict[str, Any]:
    """Return how far a cancelled campaign is wound up, and the gifts that others must give back: their
    sums by provider, and the first of them."""
    assert campaign.id is not None
    _, cancellation, left = find_cancellation(tx, campaign.slug)
    rows, more = to_give_back(tx, campaign.id, left, Page(1, PAGE_SIZE))
    by_provider = gifts_by_provider(tx, campaign.id) if left.outside else []
    about = {"left": left, "cancellation": cancellation, "gifts_by_provider": by_provider}
    return {**about, "to_give_back": rows, "to_give_back_total": more}


@blueprint.post("/campaigns/<slug>/schedule")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def schedule(slug: str) -> Response:
    """Schedule the campaign, which then opens by itself. Missing fields are marked in the form of the draft."""
    try:
        access.require_declared(Permission.CAMPAIGNS_WRITE)
        with deps().db.transaction() as tx:
            transitions.schedule(tx, slug, g.caller.name)
        flash(_("活动已排期，到时间自动开始。"), "good")
    except Invalid as refusal:
        flash(refusal_text(refusal), "bad")
        return redirect(url_for("console.campaign_edit", slug=slug, check=1), 303)
    except Refusal as refusal:
        return refused(refusal, url_for("console.campaign", slug=slug))
    return redirect(url_for("console.campaign", slug=slug), 303)


@blueprint.post("/campaigns/<slug>/close")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def close_now(slug: str) -> Response:
    """Run the closing steps that are due now, without waiting for the scheduler."""
    try:
        access.require_declared(Permission.CAMPAIGNS_WRITE)
        steps = close(deps(), slug)
        flash(_("完成了 %(steps)s 个到期的步骤。", steps=steps) if steps else _("现在没有到期的步骤。"), "good")
    except Refusal as refusal:
        return refused(refusal, url_for("console.campaign", slug=slug))
    return redirect(url_for("console.campaign", slug=slug), 303)
