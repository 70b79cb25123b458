"""Objections to a published result during the notice (公示异议), and complaints about a campaign at any time
(举报). Staff reply to each objection before match is disbursed, and to each complaint in time."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.closing.publication.objection_models import Objection
from campaigns.lifecycle.campaign import find_campaign, lock_campaign
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import Phase
from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.keys import Keys, seal, unseal
from kernel.paging import FIRST_PAGE, Page
from kernel.text import text_fault
from payments.inbox.message_keys import opening_keys, sealing_key

LEAST_WORDS, MOST_WORDS, MOST_CONTACT, MOST_REPLY = 5, 1_000, 200, 1_000
MOST_OPEN = 200  # open objections per campaign, our default: a flood has to wait for replies


class NewObjection(NamedTuple):
    """A submitted objection or complaint. `project` is the id of a project of the campaign, or None for the
    campaign as a whole."""

    words: str
    contact: str = ""
    project: int | None = None


class ObjectionLine(NamedTuple):
    """An objection or a complaint. `words` and `contact` are for staff only, and empty once the key of their day is
    gone."""

    id: int
    campaign: str
    campaign_name: str
    project_name: str
    raised_at: datetime
    summary: str
    reply: str
    answered_at: datetime | None
    actor: str
    is_complaint: bool
    words: str = ""
    contact: str = ""


def raise_objection(tx: Tx, keys: Keys, slug: str, objection: NewObjection) -> int:
    """File an objection to the published result of a campaign; return its id. Its summary is public once it is
    answered. Repeating the same objection while it waits returns the same id.

    Raises NotFound `campaign_unknown`, Conflict `notice_over` outside the notice and `objection_limit`, Invalid
    `objection_invalid`.
    """
    objection = NewObjection(objection.words.strip(), objection.contact.strip(), objection.project)
    if find_campaign(tx, slug).phase != Phase.NOTICE:
        raise Conflict("notice_over")
    if faults := _faults(tx, slug, objection):
        raise Invalid("objection_invalid", fields=faults)
    campaign = lock_campaign(tx, slug)  # the closing counts open objections under the same lock
    if campaign.phase != Phase.NOTICE:
        raise Conflict("notice_over")
    return _file(tx, keys, campaign.id or 0, objection, is_complaint=False)


def file_complaint(tx: Tx, keys: Keys, slug: str, complaint: NewObjection) -> int:
    """File a complaint about a campaign or one of its projects; return its id. It holds nothing up and is not
    published. Repeating the same complaint while it waits returns the same id.

    Raises NotFound `campaign_unknown`, Conflict `objection_limit`, Invalid `objection_invalid`.
    """
    complaint = NewObjection(complaint.words.strip(), complaint.contact.strip(), complaint.project)
    campaign = find_campaign(tx, slug)
    if faults := _faults(tx, slug, complaint):
        raise Invalid("objection_invalid", fields=faults)
    return _file(tx, keys, campaign.id or 0, complaint, is_complaint=True)


def _file(tx: Tx, keys: Keys, campaign_id: int, objection: NewObjection, *, is_complaint: bool) -> int:
    waiting = _open_objections(tx, keys, campaign_id, is_complaint=is_complaint)
    if objection in waiting.values():
        return next(id_ for id_, same in waiting.items() if same == objection)
    if len(waiting) >= MOST_OPEN:
        raise Conflict("objection_limit", most=MOST_OPEN)
    key_id, key = sealing_key(tx, keys)
    text = json.dumps({"words": objection.words, "contact": objection.contact}).encode()
    row = Objection(
        campaign_id=campaign_id,
        project_id=objection.project,
        is_complaint=is_complaint,
        sealed=seal(key, text, _context(campaign_id)),
        sealed_by=key_id,
        raised_at=tx.now,
    )
    return tx.add(row).id or 0


def _waiting(campaign_id: int, *, is_complaint: bool) -> tuple[Any, ...]:
    of_it = Objection.campaign_id == campaign_id, Objection.is_complaint == is_complaint
    return *of_it, col(Objection.answered_at).is_(None)


def _open_objections(tx: Tx, keys: Keys, campaign_id: int, *, is_complaint: bool) -> dict[int, NewObjection]:
    """Return the objections to a campaign's result, or the complaints about it, that have no reply, by id."""
    rows = tx.all(select(Objection).where(*_waiting(campaign_id, is_complaint=is_complaint)))
    day_keys = opening_keys(tx, keys, {row.sealed_by for row in rows})
    opened = {row.id or 0: (row.project_id, _opened(row, day_keys.get(row.sealed_by))) for row in rows}
    return {
        id_: NewObjection(text.get("words", ""), text.get("contact", ""), project)
        for id_, (project, text) in opened.items()
    }


def _faults(tx: Tx, slug: str, objection: NewObjection) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    words, contact = objection.words, objection.contact
    if refused := text_fault(words, MOST_WORDS, lines=True):
        faults["objection"] = refused
    elif len(words) < LEAST_WORDS:
        faults["objection"] = fault("length_out_of_range", least=LEAST_WORDS, most=MOST_WORDS)
    if contact and (refused := text_fault(contact, MOST_CONTACT)):
        faults["contact"] = refused
    if objection.project is not None and objection.project not in {row[0] for row in projects_of(tx, slug)}:
        faults["project"] = fault("unknown_project")
    return faults


def projects_of(tx: Tx, slug: str) -> Sequence[tuple[int, str]]:
    """Return the id and name of each project of a campaign, for a choice."""
    query = (
        select(Project.id, Project.name)
        .join(CampaignEntry, col(CampaignEntry.project_id) == col(Project.id))
        .join(Campaign, col(Campaign.id) == col(CampaignEntry.campaign_id))
        .where(Campaign.slug == slug)
        .order_by(col(Project.name))
    )
    return [(id_ or 0, name) for id_, name in tx.all(query)]


def count_open(tx: Tx, campaign_id: int) -> int:
    """Return how many objections to a campaign's result have no reply."""
    waiting = select(func.count()).select_from(Objection)
    return tx.first(waiting.where(*_waiting(campaign_id, is_complaint=False))) or 0


_LINES = (
    select(Objection, Campaign, Project)
    .join(Campaign, col(Campaign.id) == col(Objection.campaign_id))
    .join(Project, col(Project.id) == col(Objection.project_id), isouter=True)
)


def public_objections(tx: Tx, campaign_id: int) -> list[ObjectionLine]:
    """Return the objections to a campaign's result as the public sees them, oldest first."""
    of_it = Objection.campaign_id == campaign_id, ~col(Objection.is_complaint)
    rows = tx.all(_LINES.where(*of_it).order_by(col(Objection.id)))
    return [_line(*row) for row in rows]


def listed(tx: Tx, keys: Keys, branch: str | None, page: Page = FIRST_PAGE) -> tuple[list[ObjectionLine], int]:
    """Return one page of the objections and complaints of campaigns hosted in a branch (None: all campaigns), open
    ones first, and their total number."""
    below = select(Organisation.code).where(col(Organisation.lineage).contains([branch]))
    hosted = col(Campaign.host_code).in_(below) if branch else col(Campaign.id).is_not(None)
    query = _LINES.where(hosted).order_by(col(Objection.answered_at).is_not(None), col(Objection.id))
    rows = tx.all(query.limit(page.size).offset(page.offset))
    day_keys = opening_keys(tx, keys, {objection.sealed_by for objection, _, _ in rows})
    lines = []
    for objection, campaign, project in rows:
        opened = _opened(objection, day_keys.get(objection.sealed_by))
        line = _line(objection, campaign, project)
        lines.append(line._replace(words=opened.get("words", ""), contact=opened.get("contact", "")))
    counted = select(func.count()).select_from(Objection).join(Campaign, col(Campaign.id) == Objection.campaign_id)
    return lines, tx.first(counted.where(hosted)) or 0


def reply_to(tx: Tx, objection_id: int, summary: str, reply: str, actor: str) -> Objection:
    """Reply to an objection and publish summary and reply, or record how a complaint, which needs no summary, was
    dealt with. A repeated call changes nothing.

    Raises NotFound `objection_unknown`, Invalid `objection_invalid`, Conflict `objection_answered`.
    """
    row = tx.get(Objection, objection_id, lock=True)
    if row is None:
        raise NotFound("objection_unknown")
    faults = {
        name: refused
        for name, text, required in (("summary", summary, not row.is_complaint), ("reply", reply, True))
        if (refused := text_fault(text.strip(), MOST_REPLY, lines=True, required=required))
    }
    if faults:
        raise Invalid("objection_invalid", fields=faults)
    if row.answered_at is not None:
        if (row.summary, row.reply) == (summary.strip(), reply.strip()):
            return row
        raise Conflict("objection_answered")
    row.summary, row.reply, row.answered_at, row.actor = summary.strip(), reply.strip(), tx.now, actor
    record_audit(tx, actor, "objection.reply", f"campaign:{row.campaign_id}", objection=objection_id)
    return tx.add(row)


def _line(objection: Objection, campaign: Campaign, project: Project | None) -> ObjectionLine:
    return ObjectionLine(
        objection.id or 0,
        campaign.slug,
        campaign.name,
        project.name if project else "",
        objection.raised_at,
        objection.summary,
        objection.reply,
        objection.answered_at,
        objection.actor,
        objection.is_complaint,
    )


def _opened(objection: Objection, key: bytes | None) -> dict[str, str]:
    if key is None:
        return {}
    opened: dict[str, str] = json.loads(unseal(key, bytes(objection.sealed), _context(objection.campaign_id)))
    return opened


def _context(campaign_id: int) -> bytes:
    return f"objection\x1f{campaign_id}".encode()
