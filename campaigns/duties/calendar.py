"""The calendar of duties: when each is due, which are overdue, and what was done."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.duties.models import DutyDone
from campaigns.duties.terms import Task, Term, of_campaign, of_federation, of_projects
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.models import Campaign, CampaignEntry, CampaignHistory
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.plan import ASSESSMENT, FILING, day_of
from campaigns.network.models import Organisation
from campaigns.network.organisations import within
from campaigns.projects.models import ProjectHistory
from campaigns.projects.states import ENDED
from campaigns.reasons import MOST_REASON
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Fault, Invalid, NotFound, fault
from kernel.text import text_fault

MOST_URL = 300
_SHOWN = timedelta(days=730)  # how long after its end a campaign stays in the calendar


class State(StrEnum):
    """State of a duty today."""

    OVERDUE = "overdue"
    DUE = "due"
    LATER = "later"
    DONE = "done"


class Line(NamedTuple):
    """A duty of a campaign, or of the federation (without a slug)."""

    duty: int
    task: Task
    due_on: date
    remind_on: date
    state: State
    campaign: str = ""
    campaign_name: str = ""
    note: str = ""
    url: str = ""
    actor: str = ""
    done_at: datetime | None = None


def calendar(tx: Tx, branch: str | None = None) -> list[Line]:
    """Return the duties of a branch's campaigns; without a branch, also those of the federation. Overdue ones come
    first, then the others by day, and done ones last."""
    since, ended = tx.now - _SHOWN, _ended_projects(tx)
    of = []
    for campaign in _campaigns(tx, since, ended, branch):
        own = _terms(campaign) if campaign.ends_at > since else ()
        of += [(term, campaign) for term in (*own, *of_projects(ended.get(campaign.id or 0, ())))]
    today = local_day(tx.now)
    federation = [] if branch else [(term, None) for term in of_federation(today, _began(tx, today))]
    done = _done(tx)
    lines = [_line(term, campaign, done, today) for term, campaign in (*of, *federation)]
    return sorted(lines, key=lambda line: (line.state is State.DONE, line.due_on, line.duty, line.campaign))


def waiting_duties(tx: Tx, branch: str | None = None) -> list[Line]:
    """Return the duties that are overdue or due soon."""
    return [line for line in calendar(tx, branch) if line.state in (State.OVERDUE, State.DUE)]


def mark_done(tx: Tx, slug: str | None, task: str, due_on: date, note: str, url: str, actor: str) -> Line:
    """Record that a duty was done: what was done, and where it can be seen. Idempotent.

    Raises NotFound `campaign_unknown`, `duty_unknown` (also for a campaign that has no duties), Invalid
    `duty_invalid`.
    """
    _require_valid(note, url)
    campaign = find_campaign(tx, slug) if slug else None
    if campaign and tx.first(select(Campaign).where(Campaign.id == campaign.id, _has_duties())) is None:
        raise NotFound("duty_unknown")
    today = local_day(tx.now)
    terms: Iterable[Term] = of_federation(today, _began(tx, today))
    if campaign:
        terms = (*_terms(campaign), *of_projects(_ended_projects(tx).get(campaign.id or 0, ())))
    term = next((term for term in terms if (term.task, term.due_on) == (task, due_on)), None)
    if term is None:
        raise NotFound("duty_unknown")
    tx.run("LOCK TABLE duty_done IN SHARE ROW EXCLUSIVE MODE")
    done = _done(tx)
    campaign_id = campaign.id if campaign else None
    if (term.task, campaign_id, due_on) not in done:
        row = DutyDone(
            task=term.task, campaign_id=campaign_id, due_on=due_on, note=note, url=url, actor=actor, done_at=tx.now
        )
        done[term.task, campaign_id, due_on] = tx.add(row)
        subject = f"campaign:{campaign_id}" if campaign_id else "federation:1"
        detail = {"task": str(term.task), "due_on": due_on.isoformat(), "note": note, "url": url}
        record_audit(tx, actor, "duty.done", subject, **detail)
    return _line(term, campaign, done, today)


def _require_valid(note: str, url: str) -> None:
    faults: dict[str, Fault] = {}
    if refused := text_fault(note, MOST_REASON):
        faults["note"] = refused
    if url and not url.startswith(("https://", "http://")):
        faults["url"] = fault("not_a_page_address")
    elif url and (refused := text_fault(url, MOST_URL)):
        faults["url"] = refused
    if faults:
        raise Invalid("duty_invalid", fields=faults)


_Done = dict[tuple[str, int | None, date], DutyDone]


def _done(tx: Tx) -> _Done:
    return {(row.task, row.campaign_id, row.due_on): row for row in tx.all(select(DutyDone))}


def _has_duties() -> ColumnElement[bool]:
    """Select the campaigns that have duties: scheduled ones and later phases. A draft has none, nor has a campaign
    that was cancelled before it opened; one that raised money in public accounts for it."""
    opened = select(CampaignHistory.campaign_id).where(CampaignHistory.to_phase == Phase.OPEN)
    return or_(
        col(Campaign.phase).not_in([Phase.DRAFT, Phase.CANCELLED]),
        (col(Campaign.phase) == Phase.CANCELLED) & col(Campaign.id).in_(opened),
    )


def _ended_projects(tx: Tx) -> dict[int, list[date]]:
    """Return the days on which projects of each campaign ended: were evaluated or closed, not long ago."""
    ended_at = func.min(col(ProjectHistory.at))
    rows = tx.all(
        select(CampaignEntry.campaign_id, ended_at)
        .join(ProjectHistory, col(ProjectHistory.project_id) == col(CampaignEntry.project_id))
        .where(col(ProjectHistory.to_status).in_(ENDED))
        .group_by(col(CampaignEntry.campaign_id), col(CampaignEntry.project_id))
        .having(ended_at > tx.now - _SHOWN)
    )
    days: dict[int, list[date]] = {}
    for campaign_id, at in rows:
        days.setdefault(campaign_id, []).append(local_day(at))
    return days


def _campaigns(tx: Tx, since: datetime, ended: Collection[int], branch: str | None) -> list[Campaign]:
    """Return the campaigns that the calendar shows: those that run or ended since then, and those whose projects
    did."""
    shown = or_(col(Campaign.ends_at) > since, col(Campaign.id).in_(ended))
    chosen = select(Campaign).where(_has_duties(), shown)
    if branch is not None:
        chosen = chosen.where(within(col(Campaign.host_code), branch))
    return tx.all(chosen.order_by(col(Campaign.id)))


def _began(tx: Tx, today: date) -> date:
    """Return the day from which the federation has duties: when its root was entered."""
    root = tx.first(select(Organisation).where(col(Organisation.parent_code).is_(None)))
    return local_day(root.created_at) if root else today


def _terms(campaign: Campaign) -> Iterable[Term]:
    """Return the terms of a campaign. A cancelled one ended on the day on which it was cancelled."""
    ends_at = campaign.ends_at
    if campaign.phase == Phase.CANCELLED:
        ends_at = min(ends_at, campaign.phase_since)
    return of_campaign(
        local_day(campaign.opens_at),
        local_day(ends_at),
        emergency=campaign.emergency,
        assessment_asked_on=campaign.assessment_asked_on,
    )


def _line(term: Term, campaign: Campaign | None, done: _Done, today: date) -> Line:
    row = done.get((term.task, campaign.id if campaign else None, term.due_on))
    kept = row is not None or (campaign is not None and _is_in_plan(term, campaign))
    about = (campaign.slug, campaign.name) if campaign else ("", "")
    how = (row.note, row.url, row.actor, row.done_at) if row else ("", "", "", None)
    return Line(term.duty, term.task, term.due_on, term.remind_on, _state(term, today, kept=kept), *about, *how)


def _state(term: Term, today: date, *, kept: bool) -> State:
    if kept:
        return State.DONE
    if term.due_on < today:
        return State.OVERDUE
    return State.DUE if term.remind_on <= today else State.LATER


def _is_in_plan(term: Term, campaign: Campaign) -> bool:
    """Return whether the campaign's plan itself shows that the duty was done in time: by a number and a day."""
    number, day = _IN_PLAN.get(term.task, ("", ""))
    if not str(campaign.plan.get(number) or "").strip():
        return False
    done_on = day_of(campaign, day)
    return done_on is not None and done_on <= term.due_on


_IN_PLAN = {Task.FILE_PLAN: FILING, Task.FILE_EMERGENCY: FILING, Task.ASSESS_PRIVACY: ASSESSMENT}
