"""Campaigns as the public and managers see them. All amounts in fen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.disclosure.catalogue import MOST_PAGE_SIZE, ProjectQuery, ProjectRow, listed
from campaigns.disclosure.totals import Totals, totals
from campaigns.lifecycle.host_contact import Contact, contacts_of
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import PUBLIC, Phase
from campaigns.lifecycle.plan import holder_name
from campaigns.lifecycle.windows import Windows
from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from campaigns.projects.themes import THEMES
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.paging import Page
from kernel.text import is_storable

NOT_OVER = (Phase.SCHEDULED, Phase.OPEN)
OVER = PUBLIC - {*NOT_OVER, Phase.CANCELLED}


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as the public sees it at the time `now`."""

    id: int
    slug: str
    name: str
    host: str
    phase: str
    opens_at: datetime
    ends_at: datetime
    windows: Windows
    plan: dict[str, Any]
    currency: str
    now: datetime
    totals: Totals
    contact: Contact | None = None  # how to reach the host
    withdrawn_reason: str = ""  # why it takes no donations although it is open
    notice_until: datetime | None = None  # during the public notice: when it ends at the earliest

    @property
    def running(self) -> bool:
        """Whether donors may give now. The clock decides, even if the scheduler is late."""
        return not self.withdrawn_reason and self._between

    @property
    def shown_phase(self) -> str:
        """The phase by the clock, even if the scheduler has not written it yet."""
        if self.phase not in NOT_OVER:
            return self.phase
        if self.now >= self.ends_at:
            return Phase.ENDED.value
        return Phase.OPEN.value if self._between else Phase.SCHEDULED.value

    @property
    def _between(self) -> bool:
        return self.phase in NOT_OVER and self.opens_at <= self.now < self.ends_at

    @property
    def window_open(self) -> bool:
        """Whether match is given now."""
        return self.windows.open_at(self.now)

    @property
    def next_window_at(self) -> datetime | None:
        """When match is given next; None if no window is left."""
        return self.windows.next_opening(self.now)


class CampaignLine(NamedTuple):
    """A campaign in the managers' list, drafts included, with its number of projects and open discrepancies.

    `from_above`: its host is a node above the listed branch.
    """

    id: int
    slug: str
    name: str
    phase: str
    opens_at: datetime
    ends_at: datetime
    entries: int
    open_discrepancies: int
    from_above: bool


class County(NamedTuple):
    """A county and its number of projects in a campaign."""

    code: str
    name: str
    projects: int


_SHOWN = select(Campaign, Organisation.name).join(Organisation, col(Organisation.code) == Campaign.host_code)


def public_campaigns(tx: Tx) -> list[CampaignView]:
    """Return all public campaigns, latest end first."""
    shown = _SHOWN.where(col(Campaign.phase).in_(PUBLIC)).order_by(col(Campaign.ends_at).desc())
    return _views(tx, tx.all(shown))


def public_campaign(tx: Tx, slug: str) -> CampaignView:
    """Return a public campaign. Raises NotFound `campaign_unknown`, also for a draft."""
    if is_storable(slug):
        shown = _SHOWN.where(Campaign.slug == slug, col(Campaign.phase).in_(PUBLIC))
        for view in _views(tx, tx.all(shown)):
            return view
    raise NotFound("campaign_unknown")


def _views(tx: Tx, rows: list[tuple[Campaign, str]]) -> list[CampaignView]:
    ids = [campaign.id for campaign, _ in rows if campaign.id is not None]
    sums, contacts = totals(tx, ids), contacts_of(tx, ids)
    return [_view(campaign, host, tx.now, sums, contacts) for campaign, host in rows]


def _view(
    campaign: Campaign, host: str, now: datetime, sums: dict[int, Totals], contacts: dict[int, Contact]
) -> CampaignView:
    assert campaign.id is not None
    return CampaignView(
        id=campaign.id,
        slug=campaign.slug,
        name=campaign.name,
        host=holder_name(campaign.plan, host),
        phase=campaign.phase,
        opens_at=campaign.opens_at,
        ends_at=campaign.ends_at,
        windows=Windows.parse(campaign.windows),
        plan=campaign.plan,
        currency=campaign.currency,
        now=now,
        totals=sums[campaign.id],
        contact=contacts.get(campaign.id),
        withdrawn_reason=campaign.withdrawn_reason,
        notice_until=campaign.notice_until,
    )


def campaign_lines(tx: Tx, branch: str | None = None) -> list[CampaignLine]:
    """Return all campaigns, latest end first. With `branch`, only those hosted in it or by a node above it."""
    return tx.rows_as(
        CampaignLine,
        """SELECT c.id, c.slug, c.name, c.phase, c.opens_at, c.ends_at,
                  (SELECT count(*) FROM campaign_entry e WHERE e.campaign_id = c.id) AS entries,
                  (SELECT count(*) FROM discrepancy d
                    WHERE d.campaign_id = c.id AND d.state = 'open') AS open_discrepancies,
                  CAST(:branch AS text) IS NOT NULL
                    AND NOT o.lineage @> ARRAY[CAST(:branch AS text)] AS from_above
             FROM campaign c JOIN organisation o ON o.code = c.host_code
            WHERE CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)]
               OR o.code IN (SELECT unnest(lineage) FROM organisation WHERE code = :branch)
            ORDER BY c.ends_at DESC, c.id DESC""",
        branch=branch,
    )


def counties(tx: Tx, campaign_id: int) -> list[County]:
    """Return the counties of a campaign's projects, by code."""
    rows = tx.all(
        select(Organisation.code, Organisation.name, func.count())
        .join(Project, col(Project.county_code) == Organisation.code)
        .join(CampaignEntry, col(CampaignEntry.project_id) == Project.id)
        .where(CampaignEntry.campaign_id == campaign_id)
        .group_by(Organisation.code, Organisation.name)
        .order_by(Organisation.code)
    )
    return [County(*row) for row in rows]


def themes_of(tx: Tx, campaign_id: int) -> list[str]:
    """Return the themes of a campaign's projects, in the order of `THEMES`."""
    query = select(Project.theme).join(CampaignEntry, col(CampaignEntry.project_id) == Project.id)
    present = tx.all(query.where(CampaignEntry.campaign_id == campaign_id).distinct())
    return [theme for theme in THEMES if theme in present]


def entries(tx: Tx, campaign_id: int) -> dict[int, ProjectRow]:
    """Return project id -> project for all projects of a campaign, with what they raised there."""
    rows: dict[int, ProjectRow] = {}
    total, number = 1, 0
    while number * MOST_PAGE_SIZE < total:
        number += 1
        page, total = listed(tx, ProjectQuery(campaign_id, sort="name"), Page(number, MOST_PAGE_SIZE))
        rows |= {row.id: row for row in page}
    return rows


def entry(tx: Tx, campaign_id: int, project_id: int) -> ProjectRow:
    """Return a project of a campaign, with what it raised there. Raises NotFound `project_unknown`."""
    row = entry_if_any(tx, campaign_id, project_id)
    if row is None:
        raise NotFound("project_unknown")
    return row


def entry_if_any(tx: Tx, campaign_id: int, project_id: int) -> ProjectRow | None:
    """Return a project of a campaign, with what it raised there, or None if it takes no part in the campaign."""
    code = tx.first(
        select(Project.code)
        .join(CampaignEntry, col(CampaignEntry.project_id) == Project.id)
        .where(CampaignEntry.campaign_id == campaign_id, Project.id == min(project_id, MOST_ID))
    )
    if code is not None:
        rows, _ = listed(tx, ProjectQuery(campaign_id, q=code), Page(1, 1_000))
        for row in rows:
            if row.id == project_id:
                return row
    return None
