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
    """What an award ranks."""

    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    PROJECT = "project"
    TEAM = "team"


class AwardCriterion(StrEnum):
    """The figure by which an award ranks."""

    DONORS = "donors"  # different donors
    DONATIONS = "donations"
    RAISED = "raised"  # what donors gave, less refunds
    TOTAL = "total"  # raised plus matched
    FASTEST = "fastest"  # the first to raise a given sum


class AwardTie(StrEnum):
    """How equal figures are ranked."""

    EARLIER = "earlier"  # the one whose last counted gift came earlier is ranked higher
    SHARED = "shared"  # they share the place, and as many places after it stay empty


class Award(SQLModel, table=True):
    """An award of a campaign. `mark_minor` is the sum for `fastest`, in fen; `places` is how many places are
    awarded."""

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
    """A published version of a campaign's awards. `awards` has each award with its winners and their sums. Version
    1 is the first; each later version corrects the previous one for a `reason`. A trigger forbids every change."""

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
