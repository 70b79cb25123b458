"""Lists of goods: for managers, and confirmed ones for the public, with their value in a separate column."""

from datetime import date
from typing import Any, NamedTuple

from sqlmodel import case, col, func, select

from campaigns.goods.models import Goods, GoodsHandout, GoodsState
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.projects.models import Project
from kernel.clock import local_day
from kernel.db import Tx
from kernel.paging import FIRST_PAGE, Page


class Line(NamedTuple):
    """Goods with the name of their project, and how many units were handed out."""

    goods: Goods
    project_name: str
    handed_out: int


class PublicGoods(NamedTuple):
    """Confirmed goods as the public sees them. `value_minor` is their value in fen, which is not money."""

    name: str
    quantity: int
    unit: str
    value_minor: int
    basis: str
    received_on: date
    handed_out: int


_HANDED_OUT = (
    select(func.coalesce(func.sum(GoodsHandout.quantity), 0))
    .where(GoodsHandout.goods_id == Goods.id)
    .correlate(Goods)
    .scalar_subquery()
)


def listed(
    tx: Tx, project_id: int | None = None, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Line], int]:
    """Return one page of goods, those waiting for a second person first, then the newest, and how many there
    are."""
    chosen: list[Any] = [] if project_id is None else [Goods.project_id == project_id]
    if branch is not None:
        chosen.append(col(Project.lineage).contains([branch]))
    joined = select(Goods, Project.name, _HANDED_OUT).join(Project, col(Project.id) == Goods.project_id)
    waits = case((col(Goods.state) == GoodsState.ENTERED, 0), else_=1)
    ordered = joined.where(*chosen).order_by(waits, col(Goods.id).desc())
    count = select(func.count()).select_from(Goods).join(Project, col(Project.id) == Goods.project_id)
    rows = tx.all(ordered.offset(page.offset).limit(page.size))
    return [Line(goods, name, int(out)) for goods, name, out in rows], tx.first(count.where(*chosen)) or 0


def published(tx: Tx, project_id: int, most: int = 100) -> list[PublicGoods]:
    """Return the confirmed goods of a project, newest first."""
    own = select(Goods, _HANDED_OUT).where(Goods.project_id == project_id, Goods.state == GoodsState.CONFIRMED)
    rows = tx.all(own.order_by(col(Goods.received_on).desc(), col(Goods.id).desc()).limit(most))
    return [
        PublicGoods(
            goods.name, goods.quantity, goods.unit, goods.value_minor, goods.basis, goods.received_on, int(out)
        )
        for goods, out in rows
    ]


def value_by_project(tx: Tx, campaign: Campaign) -> dict[int, int]:
    """Return project id -> value of its confirmed goods received since the opening of a campaign, in fen, for the
    projects that take part. No sum of money includes it."""
    entered = select(CampaignEntry.project_id).where(CampaignEntry.campaign_id == campaign.id)
    own = select(Goods.project_id, func.sum(Goods.value_minor)).where(
        Goods.state == GoodsState.CONFIRMED,
        Goods.received_on >= local_day(campaign.opens_at),
        col(Goods.project_id).in_(entered),
    )
    return {project_id: int(minor) for project_id, minor in tx.all(own.group_by(col(Goods.project_id)))}
