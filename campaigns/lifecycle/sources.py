"""Sources that bring donors to a campaign: a livestream host, a video, a poster, a station. Each has a short code,
which its link and its QR code carry."""

import secrets
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel, col, func, select

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.models import CampaignEntry
from kernel.db import Tx, identity, moment, one_of
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.text import is_storable, text_fault
from payments.partners.gift_details import CHANNELS

MOST_TITLE = 60  # characters
MOST_SOURCES = 5_000  # of a campaign: a poster for each of its 3,244 villages, and hosts and videos
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without look-alikes on a poster
_LENGTH = 7


class Source(SQLModel, table=True):
    """A source of a campaign. Gifts carry its `code`, whichever page or platform they come by. With `project_id`
    its link leads to that project, otherwise to the campaign."""

    __tablename__ = "source"
    __table_args__ = (
        CheckConstraint(one_of("kind", CHANNELS), name="source_kind"),
        CheckConstraint("title <> ''", name="source_title"),
        Index("source_code", "code", unique=True),
        Index("source_campaign", "campaign_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    code: str
    kind: str
    title: str
    project_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="project.id")
    created_at: datetime = Field(sa_column=moment())
    created_by: str


def add_source(tx: Tx, slug: str, kind: str, title: str, project_id: int | None, actor: str) -> Source:
    """Add a source to a campaign, with a random code.

    Raises NotFound `campaign_unknown`, Invalid `source_invalid`, Conflict `sources_full`.
    """
    campaign = find_campaign(tx, slug)
    assert campaign.id is not None
    faults = {}
    if refused := text_fault(title, MOST_TITLE):
        faults["title"] = refused
    if kind not in CHANNELS:
        faults["kind"] = fault("not_one_of", options=list(CHANNELS))
    if project_id is not None and not _takes_part(tx, campaign.id, project_id):
        faults["project"] = fault("unknown_project")
    if faults:
        raise Invalid("source_invalid", fields=faults)
    if _count(tx, campaign.id) >= MOST_SOURCES:
        raise Conflict("sources_full", most=MOST_SOURCES)
    row = tx.add(
        Source(
            campaign_id=campaign.id,
            code="".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)),
            kind=kind,
            title=title.strip(),
            project_id=project_id,
            created_at=tx.now,
            created_by=actor,
        )
    )
    record_audit(tx, actor, "campaign.source", f"campaign:{campaign.id}", code=row.code, kind=kind)
    return row


def _takes_part(tx: Tx, campaign_id: int, project_id: int) -> bool:
    entry = select(CampaignEntry).where(CampaignEntry.campaign_id == campaign_id)
    return tx.first(entry.where(CampaignEntry.project_id == project_id)) is not None


def _count(tx: Tx, campaign_id: int) -> int:
    return tx.first(select(func.count()).where(Source.campaign_id == campaign_id)) or 0


def sources_of(tx: Tx, campaign_id: int) -> list[Source]:
    """Return the sources of a campaign, newest first."""
    mine = select(Source).where(Source.campaign_id == campaign_id)
    return tx.all(mine.order_by(col(Source.id).desc()))


def source_of_code(tx: Tx, code: str) -> Source:
    """Return the source with a code. Raises NotFound `source_unknown`."""
    row = (
        tx.first(select(Source).where(Source.code == code)) if is_storable(code) and len(code) <= _LENGTH else None
    )
    if row is None:
        raise NotFound("source_unknown")
    return row
