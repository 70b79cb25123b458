"""What waits for a manager, by their rights and branch: one line for each kind of work and campaign.

By when a line is due follows from how long its oldest piece may wait. These terms are our defaults; the law sets
none of them. An approval says itself until when it waits.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.agreements.agreements import REMIND as ENDING
from campaigns.agreements.agreements import ending
from campaigns.agreements.pledges import REMIND, waiting_pledges
from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval, ApprovalState
from campaigns.duties.calendar import waiting_duties
from campaigns.network.models import Organisation
from campaigns.network.roles import Caller, Permission
from campaigns.self_checks.nodes import REMIND as ASKED
from campaigns.self_checks.nodes import open_checks
from campaigns.stations.stations import incomplete
from kernel.clock import SHANGHAI
from kernel.db import Tx, one_of
from matching.rules import Level


class Work(StrEnum):
    """A kind of work that waits for a person."""

    CASES = "cases"
    APPEALS = "appeals"
    REFUND_REQUESTS = "refund_requests"
    PROJECTS = "projects"
    DISCREPANCIES = "discrepancies"
    OBJECTIONS = "objections"
    PARTNER_SUMS = "partner_sums"
    PAYMENTS = "payments"
    MESSAGES = "messages"
    RECEIPTS = "receipts"
    QUESTIONS = "questions"
    WORDS = "words"
    TEAMS = "teams"
    SPENDINGS = "spendings"
    GOODS = "goods"
    PAYOUT_PLANS = "payout_plans"
    DUTIES = "duties"
    PLEDGES = "pledges"
    AGREEMENTS = "agreements"
    STATIONS = "stations"
    SELF_CHECKS = "self_checks"
    APPROVAL = "approval"


MOST_APPROVALS = 50
MAY_WAIT = {
    Work.CASES: timedelta(days=3),
    Work.APPEALS: timedelta(days=5),
    Work.REFUND_REQUESTS: timedelta(days=5),
    Work.PROJECTS: timedelta(days=7),
    Work.DISCREPANCIES: timedelta(days=3),
    Work.OBJECTIONS: timedelta(days=3),
    Work.PARTNER_SUMS: timedelta(days=3),
    Work.PAYMENTS: timedelta(days=3),
    Work.MESSAGES: timedelta(days=1),
    Work.RECEIPTS: timedelta(days=5),
    Work.QUESTIONS: timedelta(days=1),
    Work.WORDS: timedelta(days=1),
    Work.TEAMS: timedelta(days=1),
    Work.SPENDINGS: timedelta(days=7),
    Work.GOODS: timedelta(days=7),
    Work.PAYOUT_PLANS: timedelta(days=3),
    Work.STATIONS: timedelta(days=30),
}


class Waiting(NamedTuple):
    """Work of one kind: how many `pieces`, since when the oldest waits, and by when it is due.

    `amount_minor` (fen) is what is at stake, None where nothing is. `campaign` (slug) and `campaign_name` are empty
    for work of no campaign. `approval` is the act that waits for a second person.
    """

    work: Work
    pieces: int
    since: datetime
    due_at: datetime
    amount_minor: int | None = None
    campaign: str = ""
    campaign_name: str = ""
    approval: Approval | None = None


# Limits to projects in a branch, to donations of them, and to campaigns hosted in it.
_PLACED = "(CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])"
_GIVEN = """(CAST(:branch AS text) IS NULL OR d.project_id IN
            (SELECT id FROM project WHERE lineage @> ARRAY[CAST(:branch AS text)]))"""
_HOSTED = """(CAST(:branch AS text) IS NULL OR c.host_code IN
             (SELECT code FROM organisation WHERE lineage @> ARRAY[CAST(:branch AS text)]))"""


def _not_requested(row: str, *acts: str) -> str:
    """Return SQL that leaves out rows about which an act waits for a second person, who sees that act instead."""
    return f"""NOT EXISTS (SELECT FROM approval a WHERE a.state = 'open' AND a.subject = CAST({row}.id AS text)
                                                    AND {one_of("a.act", acts)})"""


_SIGNED = _not_requested("i", "discrepancy.sign_off", "discrepancy.take_second")
# Of each kind: who may work it off, and what waits as campaign, name, pieces, since, amount.
_QUEUES = {
    Work.CASES: (
        Permission.SCREEN,
        f"""SELECT c.slug, c.name, count(*), min(s.opened_at), sum(s.held_minor)
              FROM screening_case s JOIN campaign c ON c.id = s.campaign_id JOIN donation d ON d.id = s.donation_id
             WHERE s.state = 'open' AND {_GIVEN} AND {_not_requested("s", "case.release", "case.cancel")}
             GROUP BY c.id""",
    ),
    Work.APPEALS: (
        Permission.SCREEN,
        f"""SELECT c.slug, c.name, count(*), min(s.appealed_at), NULL
              FROM screening_case s JOIN campaign c ON c.id = s.campaign_id JOIN donation d ON d.id = s.donation_id
             WHERE s.appealed_at IS NOT NULL AND s.answered_at IS NULL AND {_GIVEN}
               AND {_not_requested("s", "case.answer")} GROUP BY c.id""",
    ),
    Work.REFUND_REQUESTS: (
        Permission.DONATIONS_REFUND,
        f"""SELECT '', '', count(*), min(r.requested_at),
                   sum(coalesce(r.amount_minor, d.amount_minor - d.refunded_minor))
              FROM refund_request r JOIN donation d ON d.id = r.donation_id
             WHERE r.state = 'open' AND {_GIVEN} AND {_not_requested("r", "refund_request.accept")}""",
    ),
    Work.PROJECTS: (
        Permission.PROJECTS_APPROVE,
        f"""SELECT '', '', count(*), min(h.at), sum(p.target_minor)
             FROM project p CROSS JOIN LATERAL (SELECT max(at) AS at FROM project_history h
                                                 WHERE h.project_id = p.id AND h.to_status = 'review') AS h
            WHERE p.status = 'review' AND {_not_requested("p", "project.approve")} AND {_PLACED}""",
    ),
    Work.DISCREPANCIES: (
        Permission.RECONCILE,
        f"""SELECT c.slug, c.name, count(*), min(i.found_at), sum(abs(i.sum_minor))
              FROM discrepancy i JOIN campaign c ON c.id = i.campaign_id
             WHERE i.state = 'open' AND {_HOSTED} AND {_SIGNED} GROUP BY c.id
             UNION ALL
            SELECT '', '', count(*), min(i.found_at), sum(abs(i.sum_minor))
              FROM discrepancy i
             WHERE i.campaign_id IS NULL AND i.state = 'open' AND CAST(:branch AS text) IS NULL AND {_SIGNED}""",
    ),
    Work.OBJECTIONS: (
        Permission.CAMPAIGNS_WRITE,
        f"""SELECT c.slug, c.name, count(*), min(o.raised_at), NULL
              FROM objection o JOIN campaign c ON c.id = o.campaign_id
             WHERE o.answered_at IS NULL AND {_HOSTED} GROUP BY c.id""",
    ),
    Work.PARTNER_SUMS: (
        Permission.RECONCILE,
        f"""SELECT c.slug, c.name, count(*), min(a.answered_at), NULL
              FROM partner_sums_answer a JOIN campaign c ON c.id = a.campaign_id
             WHERE a.verdict = 'contradicted' AND {_HOSTED}
               AND NOT EXISTS (SELECT FROM partner_sums_reply r WHERE r.answer_id = a.id) GROUP BY c.id""",
    ),
    Work.PAYMENTS: (
        Permission.DONATIONS_REFUND,
        f"""SELECT '', '', count(*), min(e.found_at), sum(e.amount_minor)
              FROM payment_exception e JOIN donation d ON d.id = e.donation_id
              JOIN campaign c ON c.id = d.campaign_id
             WHERE e.state = 'open' AND {_HOSTED}
               AND {_not_requested("e", "payment.refund", "payment.take", "payment.attach")}""",
    ),
    Work.MESSAGES: (
        Permission.RECONCILE,
        """SELECT '', '', count(*), min(e.received_at), NULL
             FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('waiting', 'flagged') AND CAST(:branch AS text) IS NULL""",
    ),
    Work.RECEIPTS: (
        Permission.RECEIPTS,
        f"""SELECT '', '', count(*), min(q.requested_at), sum(d.amount_minor - d.refunded_minor)
              FROM receipt_request q JOIN donation d ON d.id = q.donation_id
             WHERE (q.state = 'requested' OR q.state = 'issued'
                    AND q.issued_minor <> CASE WHEN d.status IN ('paid', 'settled')
                                               THEN d.amount_minor - d.refunded_minor ELSE 0 END)
               AND {_GIVEN}""",
    ),
    Work.QUESTIONS: (
        Permission.CAMPAIGNS_WRITE,
        f"""SELECT '', '', count(*), min(q.asked_at), NULL
              FROM donor_question q JOIN donation d ON d.id = q.donation_id
             WHERE q.answered_at IS NULL AND {_GIVEN}""",
    ),
    Work.WORDS: (
        Permission.CAMPAIGNS_WRITE,
        f"""SELECT '', '', count(*), min(d.paid_at), NULL
              FROM public_words w JOIN donation d ON d.id = w.donation_id
             WHERE (w.state = 'waiting' OR w.reports > 0) AND d.paid_at IS NOT NULL AND {_GIVEN}""",
    ),
    Work.TEAMS: (
        Permission.CAMPAIGNS_WRITE,
        f"""SELECT '', '', count(*), min(t.created_at), NULL
              FROM team t JOIN campaign c ON c.id = t.campaign_id WHERE t.state = 'waiting' AND {_HOSTED}""",
    ),
    Work.SPENDINGS: (
        Permission.FUNDS_WRITE,
        f"""SELECT '', '', count(*), min(s.entered_at), sum(s.amount_minor)
             FROM spending s JOIN project p ON p.id = s.project_id
            WHERE s.state = 'entered' AND {_not_requested("s", "spending.check")} AND {_PLACED}""",
    ),
    Work.GOODS: (  # without an amount: their value is no money
        Permission.FUNDS_WRITE,
        f"""SELECT '', '', count(*), min(g.entered_at), NULL
             FROM goods g JOIN project p ON p.id = g.project_id
            WHERE g.state = 'entered' AND {_not_requested("g", "goods.confirm")} AND {_PLACED}""",
    ),
    Work.PAYOUT_PLANS: (
        Permission.FUNDS_WRITE,
        f"""SELECT c.slug, c.name, count(*), min(l.made_at), sum(l.total_minor)
              FROM payout_plan l JOIN campaign c ON c.id = l.campaign_id
             WHERE l.state = 'draft' AND {_HOSTED} AND {_not_requested("l", "payout.approve")} GROUP BY c.id""",
    ),
}


def waiting(tx: Tx, caller: Caller) -> list[Waiting]:
    """Return what waits for a manager: what they may decide, of their branch; what is due first stands first."""
    lines = [*_approvals(tx, caller), *_duties(tx, caller), *_pledges(tx, caller), *_agreements(tx, caller)]
    lines += [*_stations(tx, caller), *_self_checks(tx, caller)]
    for work, (permission, sql) in _QUEUES.items():
        if caller.may(permission):
            lines += _lines(tx, work, sql, caller.branch_code)
    return sorted(lines, key=lambda line: (line.due_at, line.work, line.campaign))


def _lines(tx: Tx, work: Work, sql: str, branch: str | None) -> Iterator[Waiting]:
    for slug, name, pieces, since, amount in tx.rows(sql, branch=branch):
        if pieces:
            amount_minor = None if amount is None else int(amount)
            yield Waiting(work, pieces, since, since + MAY_WAIT[work], amount_minor, slug, name)


def _duties(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    """Duties of the law that are overdue or due soon, a line for each campaign and the federation."""
    if not caller.may(Permission.CAMPAIGNS_WRITE):
        return
    due = sorted(waiting_duties(tx, caller.branch_code), key=attrgetter("campaign", "due_on"))
    for slug, group in groupby(due, key=attrgetter("campaign")):
        first, *others = group
        since, due_at = (_midnight(day) for day in (first.remind_on, first.due_on + timedelta(days=1)))
        yield Waiting(Work.DUTIES, 1 + len(others), since, due_at, None, slug, first.campaign_name)


def _pledges(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    """Pledges that are due soon or overdue."""
    if caller.may(Permission.FUNDS_WRITE) and (due := waiting_pledges(tx, caller.branch_code)):
        first, owed_minor = due[0].due_on, sum(line.amount_minor - line.paid_minor for line in due)
        since, due_at = _midnight(first - REMIND), _midnight(first + timedelta(days=1))
        yield Waiting(Work.PLEDGES, len(due), since, due_at, owed_minor)


def _agreements(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    """Agreements that end soon: to be renewed, or let go."""
    if caller.may(Permission.FUNDS_WRITE) and (ends := ending(tx, caller.branch_code)):
        first = ends[0].ends_on
        assert first is not None
        yield Waiting(Work.AGREEMENTS, len(ends), _midnight(first - ENDING), _midnight(first + timedelta(days=1)))


def _stations(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    """Stations of a township that lack something: the township alone is reminded, those above have the table."""
    branch = caller.branch_code
    node = tx.get(Organisation, branch) if branch and caller.may(Permission.PROJECTS_WRITE) else None
    if branch is None or node is None or node.level != Level.TOWNSHIP:
        return
    if lack := incomplete(tx, branch):
        yield Waiting(Work.STATIONS, lack.stations, lack.since, lack.since + MAY_WAIT[Work.STATIONS])


def _self_checks(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    """Self-checks of nodes that are due soon or late, a line for each campaign."""
    if caller.may(Permission.PROJECTS_WRITE):
        for slug, name, due_on, pieces in open_checks(tx, caller.branch_code):
            since, due_at = _midnight(due_on - ASKED), _midnight(due_on + timedelta(days=1))
            yield Waiting(Work.SELF_CHECKS, pieces, since, due_at, None, slug, name)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _approvals(tx: Tx, caller: Caller) -> Iterator[Waiting]:
    chosen: list[Any] = [Approval.state == ApprovalState.OPEN, col(Approval.until) > tx.now]
    if caller.branch_code is not None:
        chosen.append(col(Approval.lineage).contains([caller.branch_code]))
    for approval in tx.all(select(Approval).where(*chosen).order_by(col(Approval.until)).limit(MOST_APPROVALS)):
        if approval.owner != caller.owner and caller.may(ACTS[approval.act].permission):
            since, stake_minor = approval.asked_at, approval.stake_minor
            yield Waiting(Work.APPROVAL, 1, since, approval.until, stake_minor, approval=approval)
