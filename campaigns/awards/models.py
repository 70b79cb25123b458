"""The tables of awards: what is awarded by which criterion, and what was published, frozen."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class AwardAmong(StrEnum):
    """Who an award ranks."""

    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    PROJECT = "project"
    TEAM = "team"


class AwardCriterion(StrEnum):
    """What an award ranks by."""

    DONORS = "donors"  # different donors
    DONATIONS = "donations"
    RAISED = "raised"  # what donors gave, refunds taken off
    TOTAL = "total"  # raised and matched
    FASTEST = "fastest"  # who had raised a mark first


class AwardTie(StrEnum):
    """What holds between equal figures."""

    EARLIER = "earlier"  # whose last counted gift came earlier stands before
    SHARED = "shared"  # they share the place; as many places after it stay empty


class Award(SQLModel, table=True):
    """An award of a campaign. `mark_minor` is the sum that `fastest` is about, in fen; `places` are the first
    places that are awarded."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "name", name="award_name"),
        CheckConstraint(one_of("among", AwardAmong), name="award_among"),
        CheckConstraint(one_of("criterion", AwardCriterion), name="award_criterion"),
        CheckConstraint(one_of("tie", AwardTie), name="award_tie"),
        CheckConstraint("places > 0", name="award_places"),
        CheckConstraint("(criterion = 'fastest') = (mark_minor IS NOT NULL)", name="award_mark"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    name: str
    among: str
    criterion: str
    mark_minor: int | None = Field(default=None, sa_type=BigInteger)
    places: int
    tie: str
    added_by: str
    added_at: datetime = Field(sa_column=moment())


class AwardPublication(SQLModel, table=True):
    """The awards of a campaign as they were published: `awards` has each with its winners and their sums. Version 1
    is the first; each later one corrects the one before for a `reason`. A trigger forbids every change."""

    __tablename__ = "award_publication"
    __table_args__ = (
        UniqueConstraint("campaign_id", "version", name="award_publication_version"),
        CheckConstraint("version > 0", name="award_publication_positive"),
        CheckConstraint("(version = 1) = (reason = '')", name="award_publication_reason"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    version: int
    awards: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    awards_hash: str
    reason: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    actor: str
    published_at: datetime = Field(sa_column=moment())
