"""Screening cases with their evidence, and the decisions of reviewers. Donors are not shown here."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused, said_of
from app.console.desks.assignments import assignments_at
from app.console.forms import requested_term_end
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.i18n import labels
from app.i18n.labels import word
from app.i18n.screening_evidence import evidence_lines, limit_lines
from app.live.publish import publish
from app.web.blueprint import requested_page
from campaigns.appeals import MOST_APPEAL
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.screening import appeal, cases, decide
from campaigns.screening.models import STATES, WATCHED
from campaigns.screening.review import review
from campaigns.screening.watch import watch_case
from kernel.db import Tx
from kernel.errors import Refusal

PAGE_SIZE = 25  # a case with its evidence fills half a phone's screen


@blueprint.get("/campaigns/<slug>/cases", endpoint="cases")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def list_cases(slug: str) -> str:
    """List the cases of a campaign, open ones first."""
    page = requested_page(PAGE_SIZE)
    state = request.args.get("state", "")
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        state = state if state in STATES else ""
        rows, total = cases.listed(tx, deps().keys, campaign.id, state or None, page, scope.branch())
        assigned = assignments_at(tx, "case", (row["id"] for row in rows), slug)
        waiting = cases.count_open_cases(tx, campaign.id, scope.branch())
        views = views_at(tx, "cases", {"state": state}, slug)
    return render_template(
        "console/cases.html",
        campaign=campaign,
        rows=rows,
        evidence=evidence_lines,
        named=lambda kinds: [(f"watch_{kind}", word(labels.WATCHED, kind)) for kind in kinds],
        limits=limit_lines,
        total=total,
        waiting=waiting,
        state=state,
        page=page,
        views=views,
        assigned=assigned,
    )


Verb = Callable[[Tx, int, str, str], Any]


def _watch(kind: str) -> Verb:
    return lambda tx, case, reason, actor: watch_case(tx, case, kind, reason, actor, requested_term_end())


_VERBS: dict[str, Verb] = {
    "release": lambda tx, case, reason, _actor: perform(tx, "case.release", case, reason),
    "cancel": lambda tx, case, reason, _actor: perform(tx, "case.cancel", case, reason),
    "suspend": decide.suspend_project,
    "blacklist": lambda tx, case, reason, actor: decide.blacklist_project(
        tx, case, reason, actor, requested_term_end()
    ),
    **{f"watch_{kind}": _watch(kind) for kind in WATCHED},
    "appeal": lambda tx, case, text, actor: appeal.file_appeal(tx, deps().keys, case, text, actor),
    "answer": appeal.answer_appeal,
    "answer_release": lambda tx, case, reason, _: perform(tx, "case.answer", case, reason, decision="released"),
    "answer_cancel": lambda tx, case, reason, _: perform(tx, "case.answer", case, reason, decision="cancelled"),
}


_OF_THE_FEDERATION = {"blacklist", *(f"watch_{kind}" for kind in WATCHED)}  # lists that apply to all branches


@blueprint.post("/campaigns/<slug>/cases/<int:case_id>", endpoint="case_act")
@access.signed_in_to_act(Permission.SCREEN)
def decide_case(slug: str, case_id: int) -> Response:
    """Decide a case, record an appeal or answer it, depending on the button."""
    verb = _VERBS.get(request.form.get("verb", ""))
    reason = request.form.get("reason", "").strip()[:MOST_APPEAL]
    back = url_for("console.cases", slug=slug)
    if verb is None:
        return redirect(back, 303)

    def do(tx: Tx, caller: Caller) -> str | None:
        if request.form["verb"] in _OF_THE_FEDERATION:
            scope.require_federation()
        outcome = verb(tx, case_id, reason, caller.name)
        campaign_id = cases.find_case(tx, case_id).campaign_id
        tx.after_commit(lambda: publish({campaign_id}))
        return said_of(outcome)

    return act(Permission.SCREEN, back, do, _("复核结果已记录。"))


@blueprint.post("/campaigns/<slug>/screening-review", endpoint="screening_review")
@access.signed_in_to_act(Permission.SCREEN)
def review_campaign(slug: str) -> Response:
    """Screen the whole campaign once more after its end."""
    try:
        access.require_declared(Permission.SCREEN)
        done = review(deps(), slug, g.caller.name, publish)
        flash(
            _("复查了 %(seen)s 笔捐赠，新增 %(opened)s 件复核。", seen=done.donations, opened=done.opened), "good"
        )
    except Refusal as refusal:
        return refused(refusal, url_for("console.cases", slug=slug))
    return redirect(url_for("console.cases", slug=slug), 303)
