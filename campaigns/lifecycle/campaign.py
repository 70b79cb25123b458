"""Find and lock campaigns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select

from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.windows import Windows
from campaigns.network.organisations import within
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.paging import Page


def find_campaign(tx: Tx, slug: str) -> Campaign:
    """Return the campaign with this slug. Raises NotFound `campaign_unknown`."""
    campaign = tx.first(select(Campaign).where(col(Campaign.slug) == slug))
    if campaign is None:
        raise NotFound("campaign_unknown")
    return campaign


def slug_of(tx: Tx, campaign_id: int) -> str:
    """Return the slug of the campaign with this id. Raises NotFound `campaign_unknown`."""
    campaign = tx.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign_unknown")
    return campaign.slug


def list_slugs(tx: Tx) -> list[str]:
    """Return the slugs of all campaigns, oldest first."""
    return tx.all(select(Campaign.slug).order_by(col(Campaign.id)))


def list_campaigns(
    tx: Tx, phases: Iterable[str], page: Page, all_of: str | None = None
) -> tuple[list[Campaign], int]:
    """Return one page of the campaigns in these phases, newest first, and how many there are. Those hosted in the
    branch `all_of` are listed in every phase."""
    listed: ColumnElement[bool] = col(Campaign.phase).in_([str(phase) for phase in phases])
    if all_of is not None:
        listed = or_(listed, within(col(Campaign.host_code), all_of))
    chosen = select(Campaign).where(listed)
    total = tx.first(select(func.count()).select_from(chosen.subquery())) or 0
    newest_first = chosen.order_by(col(Campaign.opens_at).desc(), col(Campaign.id).desc())
    return tx.all(newest_first.limit(page.size).offset(page.offset)), total


def lock_campaign(tx: Tx, slug: str) -> Campaign:
    """Lock a campaign exclusively: no donation is created or processed meanwhile. Raises as `find_campaign`."""
    campaign = tx.get(Campaign, find_campaign(tx, slug).id, lock=True)
    assert campaign is not None
    return campaign


def lock_campaign_by_id(tx: Tx, campaign_id: int) -> Campaign:
    """Lock a campaign exclusively by its id. Raises NotFound `campaign_unknown`."""
    campaign = tx.get(Campaign, campaign_id, lock=True)
    if campaign is None:
        raise NotFound("campaign_unknown")
    return campaign


def bump_matching_version(tx: Tx, campaign: Campaign) -> None:
    """Invalidate what processes have cached of the pots, rules and entries of a locked campaign."""
    campaign.matching_version += 1
    tx.add(campaign)


@dataclass(frozen=True, slots=True)
class SharedCampaign:
    """What donations need of their campaign, which is locked shared, so that its phase cannot change meanwhile."""

    id: int
    slug: str
    name: str
    phase: str
    currency: str
    opens_at: datetime
    ends_at: datetime
    finishing_s: int
    matching_version: int
    windows: Windows
    withdrawn_reason: str

    def pays_in_time(self, paid_at: datetime) -> bool:
        """Return whether a payment at this time may get match beyond its reservation.

        The provider's time decides. Donors who were paying when the campaign ended may finish. Nobody can give
        before it opens, so a payment dated before that comes from a clock that is wrong, and is in time.
        """
        return paid_at < self.ends_at + timedelta(seconds=self.finishing_s)


def lock_shared(tx: Tx, *, slugs: Sequence[str] = (), ids: Sequence[int] = ()) -> list[SharedCampaign]:
    """Lock campaigns shared, in the order of their ids, and return those that exist."""
    rows = tx.rows(
        """SELECT id, slug, name, phase, currency, opens_at, ends_at, finishing_s, matching_version, windows,
                  withdrawn_reason
             FROM campaign WHERE slug = ANY(:slugs) OR id = ANY(:ids) ORDER BY id FOR SHARE""",
        slugs=list(slugs),
        ids=list(ids),
    )
    return [SharedCampaign(**{**row._asdict(), "windows": Windows.parse(row.windows)}) for row in rows]
