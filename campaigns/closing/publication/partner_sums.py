"""State to each platform what it raised for a campaign: with the public notice, with a correction that changes its
sums, and when a cancelled campaign is wound up. The platform confirms or contradicts, and finance replies to
each contradiction. The campaign's money is not released before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.closing.publication.partner_sums_models import (
    PartnerSums,
    PartnerSumsAnswer,
    PartnerSumsReply,
    SumsVerdict,
)
from campaigns.lifecycle.models import Campaign
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.text import text_fault
from payments import outgoing
from payments.outgoing_models import OutgoingType

ANSWER_WITHIN = timedelta(days=10)  # our default
MOST_TEXT = 2_000
MOST_ANSWERS = 20  # answers of a platform to its sums of one campaign, our default
FIGURES = ("donations", "raised_minor", "refunded_minor", "matched_minor")


class AnswerLine(NamedTuple):
    """An answer of a platform, and the reply to it if there is one."""

    said: PartnerSumsAnswer
    reply: PartnerSumsReply | None

    @property
    def waits(self) -> bool:
        return self.said.verdict == SumsVerdict.CONTRADICTED and self.reply is None


class SumsLine(NamedTuple):
    """Sums stated to a platform, and its answers, oldest first."""

    stated: PartnerSums
    answers: list[AnswerLine]


def state_sums(tx: Tx, campaign: Campaign, notice_until: datetime | None = None) -> None:
    """State to each platform what it raised for a campaign, which the caller has locked. It is to answer before the
    public notice ends, because a later contradiction could not hold up the release any more. Sums equal to those
    stated last are not repeated."""
    assert campaign.id is not None
    until, last = tx.now + ANSWER_WITHIN, _last_of_each(tx, campaign.id)
    if notice_until and notice_until > tx.now:
        until = min(until, notice_until)
    for partner, rows in groupby(_by_project(tx, campaign.id), key=attrgetter("partner")):
        projects = [
            {"project_code": row.code, **{figure: int(getattr(row, figure)) for figure in FIGURES}} for row in rows
        ]
        totals = {figure: sum(project[figure] for project in projects) for figure in FIGURES}
        sums = {"campaign": campaign.slug, "currency": campaign.currency, **totals, "projects": projects}
        before = last.get(partner)
        if before is not None and before.sums == sums:
            continue
        stated = PartnerSums(
            campaign_id=campaign.id,
            partner=partner,
            number=before.number + 1 if before else 1,
            sums=sums,
            stated_at=tx.now,
            answer_until=until,
        )
        tx.add(stated)
        body = sums | {"number": stated.number, "answer_until": until.isoformat()}
        outgoing.queue_for(tx, OutgoingType.CAMPAIGN_SUMS, partner, body)


def _last_of_each(tx: Tx, campaign_id: int) -> dict[str, PartnerSums]:
    own = select(PartnerSums).where(PartnerSums.campaign_id == campaign_id)
    return {row.partner: row for row in tx.all(own.order_by(col(PartnerSums.number)))}


def count_contradicted(tx: Tx, campaign_id: int) -> int:
    """Count the platforms' contradictions to the sums of a campaign that have no reply."""
    waiting = (
        select(func.count())
        .select_from(PartnerSumsAnswer)
        .join(PartnerSumsReply, col(PartnerSumsReply.answer_id) == col(PartnerSumsAnswer.id), isouter=True)
        .where(
            PartnerSumsAnswer.campaign_id == campaign_id,
            PartnerSumsAnswer.verdict == SumsVerdict.CONTRADICTED,
            col(PartnerSumsReply.answer_id).is_(None),
        )
    )
    return tx.first(waiting) or 0


def _by_project(tx: Tx, campaign_id: int) -> Sequence[Any]:
    """Return the figures of all paid gifts by platform and project; `raised_minor` is before refunds."""
    return tx.rows(
        """SELECT a.name AS partner, p.code, count(*) AS donations, sum(d.amount_minor) AS raised_minor,
                  sum(d.refunded_minor) AS refunded_minor, coalesce(sum(m.minor), 0) AS matched_minor
             FROM partner a
             JOIN donation d ON d.provider = 'partner:' || a.name
             JOIN project p ON p.id = d.project_id
             LEFT JOIN LATERAL (SELECT sum(live_minor) AS minor FROM reservation
                                 WHERE donation_id = d.id AND state = 'captured' AND NOT held) m ON true
            WHERE d.campaign_id = :id AND d.paid_at IS NOT NULL
            GROUP BY a.name, p.code ORDER BY a.name, p.code""",
        id=campaign_id,
    )


def sums_of_campaign(tx: Tx, campaign_id: int) -> list[SumsLine]:
    """Return the sums stated to the platforms of a campaign, ordered by platform, newest first."""
    own = select(PartnerSums).where(PartnerSums.campaign_id == campaign_id)
    return _lines(tx, tx.all(own.order_by(col(PartnerSums.partner), col(PartnerSums.number).desc())))


def sums_of_partner(tx: Tx, partner: str, most: int) -> list[SumsLine]:
    """Return at most `most` sums stated to a platform, newest first."""
    own = select(PartnerSums).where(PartnerSums.partner == partner)
    return _lines(tx, tx.all(own.order_by(col(PartnerSums.id).desc()).limit(most)))


def _lines(tx: Tx, stated: Sequence[PartnerSums]) -> list[SumsLine]:
    rows = tx.all(
        select(PartnerSumsAnswer, PartnerSumsReply)
        .join(PartnerSumsReply, col(PartnerSumsReply.answer_id) == col(PartnerSumsAnswer.id), isouter=True)
        .where(col(PartnerSumsAnswer.sums_id).in_([row.id for row in stated]))
        .order_by(col(PartnerSumsAnswer.id))
    )
    answers = [AnswerLine(*row) for row in rows]
    return [SumsLine(row, [line for line in answers if line.said.sums_id == row.id]) for row in stated]


def answer_sums(tx: Tx, partner: str, slug: object, verdict: object, text: object, projects: object) -> SumsLine:
    """Store a platform's answer to the sums stated to it last. Repeating the last answer changes nothing.

    Raises Invalid `sums_answer_invalid`, NotFound `sums_unknown`, Conflict `sums_answer_late`, `sums_answers_full`.
    """
    stated = _locked(tx, partner, slug)
    if faults := _faults(stated, verdict, text, projects):
        raise Invalid("sums_answer_invalid", fields=faults)
    assert isinstance(text, str) and isinstance(projects, list)
    [line] = _lines(tx, [stated])
    spoken = (verdict, text.strip(), projects)
    last = line.answers[-1].said if line.answers else None
    if last is not None and (last.verdict, last.text, last.projects) == spoken:
        return line
    if tx.now >= stated.answer_until:
        raise Conflict("sums_answer_late")
    if len(line.answers) >= MOST_ANSWERS:
        raise Conflict("sums_answers_full", most=MOST_ANSWERS)
    row = PartnerSumsAnswer(
        campaign_id=stated.campaign_id,
        sums_id=stated.id or 0,
        verdict=str(verdict),
        text=text.strip(),
        projects=projects,
        answered_at=tx.now,
    )
    line.answers.append(AnswerLine(tx.add(row), None))
    return line


def _locked(tx: Tx, partner: str, slug: object) -> PartnerSums:
    own = (
        select(PartnerSums)
        .join(Campaign, col(Campaign.id) == col(PartnerSums.campaign_id))
        .where(PartnerSums.partner == partner, Campaign.slug == slug)
        .order_by(col(PartnerSums.number).desc())
        .limit(1)
        .with_for_update(of=PartnerSums)
    )
    stated = tx.first(own) if isinstance(slug, str) and not text_fault(slug, 100) else None
    if stated is None:
        raise NotFound("sums_unknown")
    return stated


def _faults(stated: PartnerSums, verdict: object, text: object, projects: object) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if verdict not in list(SumsVerdict):
        faults["answer"] = fault("not_one_of", options=list(SumsVerdict))
    if refused := text_fault(text, MOST_TEXT, lines=True, required=verdict == SumsVerdict.CONTRADICTED):
        faults["text"] = refused
    own = {row["project_code"] for row in stated.sums["projects"]}
    if not isinstance(projects, list) or not all(isinstance(code, str) and code in own for code in projects):
        faults["projects"] = fault("unknown_project")
    return faults


def reply_to_answer(tx: Tx, answer_id: int, reason: str, actor: str) -> PartnerSumsReply:
    """Reply to a contradiction with a reason that the platform reads. A repeated call changes nothing.

    Raises Invalid `reason_missing`, NotFound `sums_answer_unknown`, Conflict `sums_answer_replied`.
    """
    require_reason(reason)
    row = tx.get(PartnerSumsAnswer, answer_id)
    if row is None or row.verdict != SumsVerdict.CONTRADICTED:
        raise NotFound("sums_answer_unknown")
    tx.get(PartnerSums, row.sums_id, lock=True)
    if (reply := tx.get(PartnerSumsReply, answer_id)) is not None:
        if reply.reason == reason.strip():
            return reply
        raise Conflict("sums_answer_replied")
    record_audit(tx, actor, "partner_sums.reply", f"campaign:{row.campaign_id}", answer=answer_id)
    return tx.add(PartnerSumsReply(answer_id=answer_id, reason=reason.strip(), actor=actor, replied_at=tx.now))
