"""The projects that a partner platform may raise money for, with their content and the match that is left."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from campaigns.audit import subject_of
from campaigns.disclosure.pictures import Picture, covers
from campaigns.disclosure.pot_details import serving
from campaigns.disclosure.totals import PotView, pot_views
from campaigns.projects.states import ELIGIBLE
from campaigns.projects.targets import targets
from kernel.db import Tx, one_of
from kernel.paging import Page
from payments.models import Partner


class MatchNow(NamedTuple):
    """What the pots would give a donation now; amounts in fen.

    `ratio_bps` and `cap_minor` (the most per donation) are those of the first pot that has money, `left_minor` is
    what is left in all of them, and `next_at` is when the next tranche opens.
    """

    ratio_bps: int
    left_minor: int
    cap_minor: int | None
    next_at: datetime | None


class OpenIn(NamedTuple):
    """A campaign in which a project may receive donations now."""

    slug: str
    opens_at: datetime
    ends_at: datetime
    match_now: MatchNow


class PartnerProject(NamedTuple):
    """A project as a platform shows it."""

    id: int
    code: str
    name: str
    state: str
    story: str
    target_minor: int
    currency: str
    updated_at: datetime
    may_raise: bool
    picture: Picture | None
    campaigns: tuple[OpenIn, ...]


class _Row(NamedTuple):
    id: int
    code: str
    name: str
    state: str
    story: str
    target_minor: int
    currency: str
    updated_at: datetime


class _Open(NamedTuple):
    project_id: int
    campaign_id: int
    slug: str
    opens_at: datetime
    ends_at: datetime


# What else changes how a platform shows a project: its texts, its cover and news. The audit trail has every change.
_CHANGES = one_of(
    "a.action",
    (
        "project.change",
        "project.describe",
        "project.picture_add",
        "project.picture_change",
        "project.picture_remove",
        "project.news_change",
        "project.news_hide",
        "project.news_show",
    ),
)
_UPDATED = f"""greatest(p.created_at,
                (SELECT max(h.at) FROM project_history h WHERE h.project_id = p.id),
                (SELECT max(n.written_at) FROM project_news n WHERE n.project_id = p.id),
                (SELECT max(a.at) FROM audit_entry a
                  WHERE a.subject = {subject_of("project", "p.id")} AND ({_CHANGES})))"""
_MINE = f"""FROM (SELECT p.*, {_UPDATED} AS updated_at FROM project p
                   WHERE CAST(:codes AS text[]) IS NULL OR p.code = ANY(:codes)) p
           WHERE (CAST(:since AS timestamptz) IS NULL OR p.updated_at >= :since)
             AND p.status NOT IN ('draft', 'review')"""


def partner_projects(
    tx: Tx, partner: Partner, since: datetime | None, page: Page
) -> tuple[list[PartnerProject], int]:
    """Return one page of a platform's projects, ordered by code, and their number. With `since`, only projects that
    were created or changed since then, with their status, texts, pictures and news. What the pots have left is not
    a change."""
    chosen = {"codes": partner.projects, "since": since}
    total = int(tx.scalar(f"SELECT count(*) {_MINE}", **chosen))
    rows = tx.rows_as(
        _Row,
        f"""SELECT p.id, p.code, p.name, p.status AS state, p.summary AS story, p.target_minor, p.currency,
                   p.updated_at {_MINE} ORDER BY p.code LIMIT :size OFFSET :skip""",
        **chosen,
        size=page.size,
        skip=page.offset,
    )
    ids = [row.id for row in rows]
    pictures, campaigns = covers(tx, ids), _open_in(tx, ids)
    return [
        PartnerProject(
            *row, may_raise=row.state in ELIGIBLE, picture=pictures.get(row.id), campaigns=campaigns.get(row.id, ())
        )
        for row in rows
    ], total


def _open_in(tx: Tx, project_ids: Sequence[int]) -> dict[int, tuple[OpenIn, ...]]:
    rows = tx.rows_as(
        _Open,
        """SELECT e.project_id, c.id AS campaign_id, c.slug, c.opens_at, c.ends_at
             FROM campaign_entry e JOIN campaign c ON c.id = e.campaign_id
             JOIN project p ON p.id = e.project_id
            WHERE e.project_id = ANY(:ids) AND p.status = ANY(:eligible) AND c.withdrawn_reason = ''
              AND c.phase IN ('scheduled', 'open') AND c.ends_at > :now
              AND c.opens_at <= :now
            ORDER BY c.opens_at DESC, c.id""",
        ids=list(project_ids),
        eligible=list(ELIGIBLE),
        now=tx.now,
    )
    pots = {campaign_id: pot_views(tx, campaign_id) for campaign_id in {row.campaign_id for row in rows}}
    known = targets(tx, [row.project_id for row in rows])
    by_project: dict[int, tuple[OpenIn, ...]] = {}
    for row in rows:
        match = match_now(serving(pots[row.campaign_id], known[row.project_id]))
        entry = OpenIn(row.slug, row.opens_at, row.ends_at, match)
        by_project[row.project_id] = (*by_project.get(row.project_id, ()), entry)
    return by_project


def match_now(pots: Sequence[PotView]) -> MatchNow:
    """Return what pots would give now. `pots` must be in the order in which they are evaluated."""
    giving = [pot for pot in pots if pot.available_minor > 0 and not pot.locked]
    rules = giving[0].rules if giving else {}
    openings = [pot.next_tranche_at for pot in pots if pot.next_tranche_at is not None]
    return MatchNow(
        ratio_bps=rules.get("ratio_bps", 0),
        left_minor=sum(pot.available_minor for pot in giving),
        cap_minor=(rules.get("caps") or {}).get("donation_minor"),
        next_at=min(openings, default=None),
    )
