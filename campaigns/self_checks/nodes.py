"""The nodes that must sign a self-check: townships that carry out projects of a released campaign, and counties for
projects above their townships. It is due after the release, in the time that the campaign gives for it."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.lifecycle.models import Campaign, CampaignEntry, CampaignHistory
from campaigns.lifecycle.phases import Phase
from campaigns.network.models import Organisation
from campaigns.projects.models import Project
from campaigns.self_checks.models import SelfCheck, SelfCheckAnswer
from kernel.clock import local_day
from kernel.db import Tx
from kernel.paging import FIRST_PAGE, Page

REMIND = timedelta(days=14)  # before the due day

_CODE = func.coalesce(func.nullif(Project.township_code, ""), func.nullif(Project.county_code, ""))
NODES: Any = (
    select(CampaignEntry.campaign_id, _CODE.label("code"))
    .join(Project, col(Project.id) == CampaignEntry.project_id)
    .where(_CODE.is_not(None))
    .distinct()
    .subquery("nodes")
)


class CheckState(StrEnum):
    OPEN = "open"
    LATE = "late"
    DONE = "done"


class NodeCheck(NamedTuple):
    """The state of a node's self-check. `form` is the current one, None before the first."""

    slug: str
    campaign_name: str
    code: str
    name: str
    due_on: date
    state: CheckState
    form: SelfCheck | None


def due_on(released: datetime, self_check_s: int) -> date:
    """Return the last day on which the form of a campaign released then is in time."""
    return local_day(released + timedelta(seconds=self_check_s))


def released_at(tx: Tx, campaign_id: int) -> datetime | None:
    """Return when the money of a campaign was released; None if it was not."""
    steps = select(CampaignHistory.at).where(CampaignHistory.campaign_id == campaign_id)
    return tx.first(steps.where(CampaignHistory.to_phase == Phase.RELEASED))


def node_checks(tx: Tx, branch: str | None, slug: str = "", page: Page = FIRST_PAGE) -> tuple[list[NodeCheck], int]:
    """Return one page of the self-checks of a branch, and how many there are: those with a no first, then unsigned
    ones, longest due first. `slug` limits them to one campaign."""
    lasts = select(func.max(SelfCheck.id)).group_by(col(SelfCheck.campaign_id), col(SelfCheck.organisation_code))
    noes = (
        select(func.count())
        .where(SelfCheckAnswer.check_id == SelfCheck.id, col(SelfCheckAnswer.yes).is_(False))
        .correlate(SelfCheck)
        .scalar_subquery()
    )
    query = _asked(select(Campaign, Organisation, CampaignHistory.at, SelfCheck), branch, slug).join(
        SelfCheck,
        (col(SelfCheck.campaign_id) == NODES.c.campaign_id)
        & (col(SelfCheck.organisation_code) == NODES.c.code)
        & col(SelfCheck.id).in_(lasts),
        isouter=True,
    )
    ordered = query.order_by(
        noes.desc(),
        col(SelfCheck.id).is_not(None),
        col(CampaignHistory.at),
        col(Campaign.id),
        col(Organisation.code),
    )
    today = local_day(tx.now)
    rows = tx.all(ordered.offset(page.offset).limit(page.size))
    total = tx.first(_asked(select(func.count()), branch, slug)) or 0
    return [_line(today, *row) for row in rows], total


def open_checks(tx: Tx, branch: str | None) -> list[tuple[str, str, date, int]]:
    """Return the campaigns whose forms are due soon or late: slug, name, due day, and how many nodes have not
    signed."""
    signed = select(SelfCheck.id).where(
        col(SelfCheck.campaign_id) == NODES.c.campaign_id, col(SelfCheck.organisation_code) == NODES.c.code
    )
    counted: Any = select(Campaign, CampaignHistory.at, func.count())
    grouped = _asked(counted, branch).where(~signed.exists())
    rows = tx.all(grouped.group_by(col(Campaign.id), col(CampaignHistory.id)).order_by(col(Campaign.slug)))
    today = local_day(tx.now)
    lines = ((of.slug, of.name, due_on(at, of.self_check_s), pieces) for of, at, pieces in rows)
    return [line for line in lines if line[2] - REMIND <= today]


def _asked(query: Any, branch: str | None, slug: str = "") -> Any:
    """Join a query with the nodes of released campaigns."""
    released = (col(CampaignHistory.campaign_id) == Campaign.id) & (CampaignHistory.to_phase == Phase.RELEASED)
    joined = (
        query.select_from(NODES)
        .join(Campaign, col(Campaign.id) == NODES.c.campaign_id)
        .join(CampaignHistory, released)
        .join(Organisation, col(Organisation.code) == NODES.c.code)
    )
    if slug:
        joined = joined.where(Campaign.slug == slug)
    return joined if branch is None else joined.where(col(Organisation.lineage).contains([branch]))


def _line(today: date, campaign: Campaign, node: Organisation, at: datetime, form: SelfCheck | None) -> NodeCheck:
    until = due_on(at, campaign.self_check_s)
    state = CheckState.DONE if form else CheckState.LATE if today > until else CheckState.OPEN
    return NodeCheck(campaign.slug, campaign.name, node.code, node.name, until, state, form)
