"""Bursts of open cases with one sign and one project: listed, opened, and decided together with one reason."""

from collections.abc import Sequence
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.cases import Together, decide_together
from app.console.blueprint import blueprint, refused
from app.console.desks.assignments import assignments_at
from app.console.effects import Change, Typed, effect_page
from app.console.forms import ConsoleForm
from app.current import deps
from app.forms import chosen_ids
from app.http import access, scope
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.locale import counted
from app.i18n.screening_evidence import evidence_lines
from app.live.publish import publish
from app.web.blueprint import requested_page
from campaigns.assignments import assigned_ids
from campaigns.donations.donation_number import short_number_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from campaigns.screening.case_bursts import BurstKey, burst_views, case_ids, list_bursts
from campaigns.screening.decide import Decision
from campaigns.screening.decide_together import BATCH
from campaigns.screening.open_manually import open_case
from kernel.db import Tx
from kernel.errors import Refusal
from kernel.money import yuan

PAGE_SIZE = 50
_DECISIONS: dict[str, Decision] = {"release": "released", "cancel": "cancelled"}


@blueprint.get("/campaigns/<slug>/bursts", endpoint="bursts")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
@heavy
def show_bursts(slug: str) -> str:
    """List the bursts of open cases, largest first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        campaign, now = find_campaign(tx, slug), tx.now
        rows, total = list_bursts(tx, campaign.id or 0, scope.branch(), page, assigned_ids(tx, "case"))
    return render_template("console/bursts.html", campaign=campaign, rows=rows, total=total, page=page, now=now)


@blueprint.get("/campaigns/<slug>/burst", endpoint="burst")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show_burst(slug: str) -> str | Response:
    """Show the open cases of one burst with their evidence."""
    page, key = requested_page(PAGE_SIZE), _key(ConsoleForm(request.args))
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        ids = case_ids(tx, campaign.id or 0, key, scope.branch())
        rows = burst_views(tx, deps().keys, ids, page)
        assigned = assignments_at(tx, "case", (row["id"] for row in rows), slug)
    if not ids:
        return redirect(url_for("console.bursts", slug=slug), 303)
    return render_template(
        "console/burst.html",
        campaign=campaign,
        key=key,
        rows=rows,
        assigned=assigned,
        total=len(ids),
        page=page,
        evidence=evidence_lines,
        filters={"code": key.code, "project": key.project_id, "amount": key.amount_minor},
    )


def _key(form: ConsoleForm) -> BurstKey:
    return BurstKey(form["code"], form.whole("project") or 0, form.whole("amount") or 0)


@blueprint.post("/campaigns/<slug>/burst", endpoint="burst_decide")
@access.signed_in_to_act(Permission.SCREEN, where=Where.FROM_BELOW)
def decide(slug: str) -> Response:
    """Decide the chosen cases of a burst, or all of them, in batches of one transaction each. Idempotent.

    It does not use the form key, because a single transaction over all batches would lock the pots against donors.
    """
    form = ConsoleForm(request.form)
    key, (verb, _all, which) = _key(form), form.verb.partition(":")
    decision = _DECISIONS.get(verb)
    back = url_for("console.burst", slug=slug, code=key.code, project=key.project_id, amount=key.amount_minor)
    if decision is None:
        return redirect(back, 303)
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]
    chosen = chosen_ids(form.all("case"))
    try:
        with deps().db.transaction() as tx:
            campaign_id = find_campaign(tx, slug).id or 0
            ids = case_ids(tx, campaign_id, key, scope.branch())
        ids = ids if which == "all" else [id_ for id_ in ids if id_ in chosen]
        _say(_decide_all(campaign_id, ids, decision, reason))
    except Refusal as refusal:
        return refused(refusal, back)
    return redirect(back, 303)


def _decide_all(campaign_id: int, ids: Sequence[int], decision: Decision, reason: str) -> Together:
    decided = own = 0
    for start in range(0, max(len(ids), 1), BATCH):
        with deps().db.transaction() as tx:
            done = decide_together(tx, campaign_id, ids[start : start + BATCH], decision, reason)
            tx.after_commit(lambda: publish({campaign_id}))
        decided, own = decided + done.decided, own + done.own
    return Together(decided, own)


def _say(done: Together) -> None:
    if done.decided:
        flash(counted("%(count)s 件复核已决定。", done.decided), "good")
    elif not done.own:
        flash(_("没有待决定的复核：没有选，或者别人已经决定。"), "bad")
    if done.own:
        flash(_("%(count)s 件是您自己提出的，须由另一个人决定。", count=done.own), "bad")


@blueprint.route("/donations/<uuid:donation_id>/case", methods=["GET", "POST"], endpoint="open_case")
@access.signed_in(Permission.SCREEN)
def open_manually(donation_id: UUID) -> str | Response:
    """Put the match of a donation on hold manually. Where acts need a second person, another reviewer decides the
    case."""

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        case = open_case(tx, donation_id, typed.reason, typed.caller.name)
        tx.after_commit(lambda: publish({case.campaign_id}))
        held = _("这笔捐赠的 %(amount)s 元配捐暂缓计入，等复核。捐赠本身不受影响。", amount=yuan(case.held_minor))
        return [held, _("由您提出，须由另一个人决定。")] if deps().second_person.needed else [held]

    back = url_for("console.donation", donation_id=donation_id)
    about = _("捐赠记录") + " " + short_number_of(donation_id)
    words = (_("提出复核"), about, back, make, _("确认提出"), _("配捐已暂缓，等待复核。"))
    return effect_page(Change(Permission.SCREEN, *words))
