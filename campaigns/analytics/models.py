"""The tables of counted donations."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import moment


class AnalyticsRun(SQLModel, table=True):
    """When the donations of a campaign were last counted, how long it took, and its donors by then: those who gave
    in no earlier campaign, in one, and several times in this one. `state_hash` is the state of the books that was
    counted."""

    __tablename__ = "analytics_run"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    counted_at: datetime = Field(sa_column=moment())
    took_ms: int = Field(sa_type=BigInteger)
    state_hash: str
    first_donors: int = Field(sa_type=BigInteger)
    again_donors: int = Field(sa_type=BigInteger)
    several_donors: int = Field(sa_type=BigInteger)


class AnalyticsCell(SQLModel, table=True):
    """The paid donations to the projects of a place by one value of a dimension: how many, and their sum in fen
    less refunds. The place is the county, or the node of a project above counties."""

    __tablename__ = "analytics_cell"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    place_code: str = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    donations: int = Field(sa_type=BigInteger)
    given_minor: int = Field(sa_type=BigInteger)


class AnalyticsSource(SQLModel, table=True):
    """What a source brought: paid donations less refunds, and their match; amounts in fen. Provider and kind are
    those of a code that a platform made; a registered source has neither."""

    __tablename__ = "analytics_source"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    provider: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    donations: int = Field(sa_type=BigInteger)
    donors: int = Field(sa_type=BigInteger)
    raised_minor: int = Field(sa_type=BigInteger)
    matched_minor: int = Field(sa_type=BigInteger)


class AnalyticsTeam(SQLModel, table=True):
    """What the members of a large team gave that was paid before a time, and its match; amounts in fen."""

    __tablename__ = "analytics_team"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    name: str = Field(primary_key=True)
    paid_before: datetime = Field(sa_column=moment())
    donations: int = Field(sa_type=BigInteger)
    donors: int = Field(sa_type=BigInteger)
    raised_minor: int = Field(sa_type=BigInteger)
    matched_minor: int = Field(sa_type=BigInteger)
