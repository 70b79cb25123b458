"""Screening: cases with the evidence in view, and deciding them. Who gave is not shown here."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refused
from app.console.projects.blacklist import until_typed
from app.current import deps
from app.http import access
from app.i18n.labels import WATCHED as WORDS
from app.i18n.messages import evidence_lines, limit_lines, word
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

PAGE_SIZE = 50


@blueprint.get("/campaigns/<slug>/cases", endpoint="cases")
@access.signed_in(Permission.READ)
def overview(slug: str) -> str:
    """A campaign's cases, open ones first."""
    page = requested_page(PAGE_SIZE)
    state = request.args.get("state", "")
    with deps().db.transaction() as tx:
        found = find_campaign(tx, slug)
        assert found.id is not None
        wanted = state if state in STATES else None
        rows, total = cases.listed(tx, found.id, wanted, page)
        waiting = cases.count_open_cases(tx, found.id)
    return render_template(
        "console/cases.html",
        campaign=found,
        rows=rows,
        evidence=evidence_lines,
        named=lambda kinds: [(f"watch_{kind}", word(WORDS, kind)) for kind in kinds],
        limits=limit_lines,
        total=total,
        waiting=waiting,
        state=wanted or "",
        page=page,
    )


_VERBS: dict[str, Callable[[Tx, int, str, str], Any]] = {
    "release": decide.clear,
    "cancel": decide.cancel,
    "suspend": decide.suspend_project,
    "blacklist": lambda tx, case, reason, actor: decide.blacklist_project(tx, case, reason, actor, until_typed()),
    **{
        f"watch_{kind}": lambda tx, case, reason, actor, kind=kind: watch_case(  # type: ignore[misc]
            tx, case, kind, reason, actor, until_typed()
        )
        for kind in WATCHED
    },
    "appeal": appeal.file_appeal,
    "answer": appeal.answer_appeal,
    "answer_release": lambda tx, case, reason, actor: appeal.answer_appeal(tx, case, reason, actor, "released"),
    "answer_cancel": lambda tx, case, reason, actor: appeal.answer_appeal(tx, case, reason, actor, "cancelled"),
}


@blueprint.post("/campaigns/<slug>/cases/<int:case_id>", endpoint="case_act")
@access.signed_in_to_act(Permission.SCREEN)
def decided(slug: str, case_id: int) -> Response:
    """Decide, write down an objection or answer it; the button that was pressed says which."""
    verb = _VERBS.get(request.form.get("verb", ""))
    reason = request.form.get("reason", "").strip()[:MOST_APPEAL]
    back = url_for("console.cases", slug=slug)
    if verb is None:
        return redirect(back, 303)

    def do(tx: Tx, caller: Caller) -> None:
        verb(tx, case_id, reason, caller.name)
        campaign_id = cases.find_case(tx, case_id).campaign_id
        tx.after_commit(lambda: publish({campaign_id}))

    return act(Permission.SCREEN, back, do, _("处理已记录。"))


@blueprint.post("/campaigns/<slug>/screening-review", endpoint="screening_review")
@access.signed_in_to_act(Permission.SCREEN)
def reviewed(slug: str) -> Response:
    """Look at the whole event after its end."""
    try:
        access.require_declared(Permission.SCREEN)
        done = review(deps(), slug, g.caller.name, publish)
        flash(
            _("复查了 %(seen)s 笔捐赠，新增 %(opened)s 件复核。", seen=done.donations, opened=done.opened), "good"
        )
    except Refusal as refusal:
        flash(refused(refusal), "bad")
    return redirect(url_for("console.cases", slug=slug), 303)
