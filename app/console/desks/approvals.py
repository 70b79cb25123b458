"""Acts that wait for a second person, who sees what would be done, by whom and why, and approves or declines."""

from functools import partial
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import duties
from app.console.blueprint import act, blueprint, refusal_sentence, rehearse
from app.console.desks.assignments import assignments_at
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.approvals import approval_text
from app.web.blueprint import requested_page
from campaigns.approvals import desk
from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval, ApprovalState
from campaigns.approvals.names import names_of
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx
from kernel.errors import Refusal

PAGE_SIZE = 20
# The page that shows what an act is performed on, by the kind of the act, which is also the page's argument.
_PAGES = {
    "donation_id": "donation",
    "discrepancy_id": "difference",
    "slug": "campaign",
    "pot_id": "pot",
    "fund_id": "fund",
    "project_id": "project",
    "plan_id": "payout_plan",
    "goods_id": "goods_entry",
    "name": "partner",
    "user_id": "person",
}


@blueprint.get("/approvals", endpoint="approvals")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_approvals() -> str:
    """List the approvals of the manager's branch, open ones first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = desk.listed(tx, None, scope.branch(), page)
        waiting = desk.listed(tx, ApprovalState.OPEN, scope.branch())[1]
        names = names_of(tx, rows)
        assigned = assignments_at(tx, "approval", (row.id for row in rows))
    return render_template(
        "console/approvals.html",
        rows=rows,
        total=total,
        waiting=waiting,
        page=page,
        assigned=assigned,
        text=partial(approval_text, names=names),
        decidable={row.id for row in rows if _may_decide(row)},
        refused={row.id: _refused_now(row) for row in rows if row.state == ApprovalState.OPEN},
        address_of=_address,
    )


def _address(approval: Approval) -> str:
    """Return the page that shows what would be done to whom; '' if there is none that the manager may open."""
    kind = ACTS[approval.act].kind
    endpoint = _PAGES.get(kind, "")
    if not endpoint or not access.opens(endpoint):
        return ""
    arguments: dict[str, Any] = {kind: approval.subject}
    return url_for(f"console.{endpoint}", **arguments)


def _may_decide(approval: Approval) -> bool:
    caller: Caller = g.caller
    may = caller.may(ACTS[approval.act].permission)
    return approval.state == ApprovalState.OPEN and approval.owner != caller.owner and may


def _refused_now(approval: Approval) -> str:
    """Return why an approval would be refused if it were executed now; empty if it would succeed."""
    try:
        rehearse(lambda tx: desk.do_now(tx, deps(), approval, g.caller.name))
    except Refusal as refusal:
        return refusal_sentence(refusal)
    return ""


@blueprint.post("/approvals/<int:approval_id>", endpoint="decide_approval")
@access.signed_in_to_act(*duties.DECIDERS)
def decide(approval_id: int) -> Response:
    """Approve another person's act, which executes it, or decline it with a note."""
    approved = request.form.get("decision") == "approve"
    note = request.form.get("note", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> None:
        if approved:
            duties.approve(tx, approval_id, note)
        else:
            desk.decline(tx, caller, approval_id, note)

    return act(None, url_for("console.approvals"), do, _("已批准并执行。") if approved else _("已记为不批准。"))
