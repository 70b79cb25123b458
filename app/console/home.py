"""The home page: the work that waits for the signed-in manager, and the running campaigns."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from flask import g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.console.blueprint import blueprint
from app.console.desks.assignments import row_address
from app.console.wait_desks import WaitLine, wait_lines
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.audit.audit_subjects import SUBJECTS
from app.i18n.partner_texts import ALARMS, alarm_line
from app.i18n.waiting import waiting_line, work_label
from campaigns.approvals.names import names_of
from campaigns.closing.waits import waits
from campaigns.disclosure.campaigns import CampaignLine, campaign_lines
from campaigns.disclosure.totals import pot_views, totals
from campaigns.goals.goals import progress
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.network.roles import Permission
from campaigns.own_rows import own_rows
from campaigns.partner_alarms import partner_alarms
from campaigns.waiting import Waiting, Work, waiting
from kernel.clock import SHANGHAI
from kernel.db import Tx

MOST_EVENTS = 3  # beside the list; the page of campaigns shows the others
_CLOSING = (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE, Phase.CANCELLED)
_SOON = timedelta(days=3)
# What is done on a desk that has the name of its work.
_VERBS = {
    Work.RECEIPTS: _l("去开票"),
    Work.QUESTIONS: _l("去答复"),
    Work.WORDS: _l("去审阅"),
    Work.TEAMS: _l("去审阅"),
    Work.SPENDINGS: _l("去审核"),
    Work.GOODS: _l("去确认"),
    Work.DUTIES: _l("去办理"),
    Work.STATIONS: _l("去补齐"),
}


class Bucket(NamedTuple):
    """Work that is due at about the same time. `urgent`: overdue or due today."""

    title: str
    urgent: bool
    lines: list[Waiting]


@blueprint.get("/", endpoint="home")
@access.signed_in(Permission.READ, where=Where.LISTED)
def home() -> str:
    """Show the manager's work, earliest due first, beside the running campaigns and what closing ones wait for."""
    with deps().db.transaction() as tx:
        lines = waiting(tx, g.caller)
        own = own_rows(tx, g.caller)
        names = names_of(tx, [line.approval for line in lines if line.approval])
        events = campaign_lines(tx, scope.branch())
        alarms = partner_alarms(tx) if access.opens("partner") else []
        goal = progress(tx) if access.opens("goals") else None
        now = tx.now
        running = [_standing(tx, event) for event in events if event.phase == Phase.OPEN][:MOST_EVENTS]
        # Each takes several queries, so only as many are computed as are shown.
        waiting_events = ((event, _waits_of(tx, event)) for event in events if event.phase in _CLOSING)
        closing = list(islice((pair for pair in waiting_events if pair[1]), MOST_EVENTS))
    return render_template(
        "console/home.html",
        buckets=buckets(lines, now),
        waiting_count=sum(line.pieces for line in lines),
        running=running,
        closing=closing,
        first=not events,
        alarms=alarms,
        goal=goal,
        own=own,
        row_address=row_address,
        SUBJECTS=SUBJECTS,
        alarm_line=alarm_line,
        ALARMS=ALARMS,
        now=now,
        sentence=partial(waiting_line, names=names),
        kind=work_label,
        target=_target,
        first_steps=_first_steps,
    )


def buckets(lines: Sequence[Waiting], now: datetime) -> list[Bucket]:
    """Group lines, which are sorted by due time: overdue, today, three days, later. Empty groups are left out."""
    end_of_today = now.astimezone(SHANGHAI).replace(hour=23, minute=59, second=59)
    overdue = [line for line in lines if line.due_at <= now]
    today = [line for line in lines if now < line.due_at <= end_of_today]
    soon = [line for line in lines if end_of_today < line.due_at <= now + _SOON]
    later = lines[len(overdue) + len(today) + len(soon) :]
    all_buckets = (
        Bucket(_("已逾期"), True, overdue),
        Bucket(_("今天到期"), True, today),
        Bucket(_("三天以内"), False, soon),
        Bucket(_("不急"), False, [*later]),
    )
    return [bucket for bucket in all_buckets if bucket.lines]


def _standing(tx: Tx, event: CampaignLine) -> dict[str, Any]:
    return {"event": event, "sums": totals(tx, [event.id])[event.id], "pots": pot_views(tx, event.id)}


def _waits_of(tx: Tx, event: CampaignLine) -> list[WaitLine]:
    return wait_lines(tx, waits(tx, find_campaign(tx, event.slug)), event.slug)


def _first_steps() -> tuple[tuple[str, str, str], ...]:
    """Return what leads to a first campaign: the page of each step, what to do there, and who does it."""
    return (
        ("invite", _("邀请同事，每人一个角色"), _("系统管理员")),
        ("funds", _("建基金，把配捐的钱入账"), _("财务、活动经理")),
        ("projects", _("申报项目，提交评审，批准立项"), _("村联络员、活动经理；立项评审")),
        ("campaign_new", _("新建活动，填公开募捐方案"), _("活动经理")),
        ("campaigns", _("在活动页上加入项目、建配捐池，然后排期"), _("活动经理")),
    )


def _target(line: Waiting) -> tuple[str, str]:
    """Return the page on which the work of a line is done, and the label of the link.

    The page is empty if only managers of the whole network may open it.
    """
    match line.work:
        case Work.CASES:
            return url_for("console.bursts", slug=line.campaign), _("去复核")
        case Work.APPEALS:
            return url_for("console.cases", slug=line.campaign), _("去复核")
        case Work.REFUND_REQUESTS:
            return url_for("console.refund_requests"), _("看后决定")
        case Work.PROJECTS:
            return url_for("console.reviews"), _("审阅")
        case Work.DISCREPANCIES if not line.campaign:
            return url_for("console.three_sides"), _("查原因")
        case Work.DISCREPANCIES | Work.PARTNER_SUMS:
            return url_for("console.reconciliation", slug=line.campaign), _("查原因")
        case Work.PAYMENTS:
            return url_for("console.payments"), _("去核对")
        case Work.OBJECTIONS:
            return url_for("console.objections"), _("去答复")
        case work if work in _VERBS:
            return url_for(f"console.{work}"), str(_VERBS[work])
        case Work.SELF_CHECKS:
            return url_for("console.self_checks", campaign=line.campaign), _("去填写")
        case Work.PLEDGES | Work.AGREEMENTS:
            return url_for("console.agreements"), _("去跟进")
        case Work.PAYOUT_PLANS:
            return url_for("console.payouts", slug=line.campaign), _("看后决定")
        case Work.MESSAGES:
            return url_for("console.inbox") if access.opens("inbox") else "", _("去查看")
        case _:
            assert line.approval is not None
            return url_for("console.approvals") + f"#a{line.approval.id}", _("看后决定")
