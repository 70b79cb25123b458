"""The tables of campaigns: plan and phase, history, entries, and the counts of donations and donors."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.network.models
import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from campaigns.lifecycle.phases import Phase
from kernel.db import identity, moment, one_of

SELF_CHECK_S = 30 * 24 * 3600  # our default; no law sets the term


class Campaign(SQLModel, table=True):
    """A fundraising campaign. Its row is the lock of the campaign: donations hold it shared, closing exclusively.

    `matching_version` goes up with every change of its pots, rules or entries. A process that holds the row shared
    and reads a version that it knows may use its cache of them. Durations end in `_s` (seconds). `withdrawn_reason`
    says why its filing or listing is not in force (`listing.py`). `assessment_asked_on` is the day of the upgrade
    for campaigns scheduled by versions whose plan had no field for the assessment of personal data.
    """

    __table_args__ = (
        CheckConstraint(one_of("phase", Phase), name="campaign_phase"),
        CheckConstraint("ends_at > opens_at", name="campaign_times"),
        CheckConstraint("finishing_s >= 0 AND late_s >= 0 AND notice_s >= 0", name="campaign_durations"),
        CheckConstraint("self_check_s >= 0", name="campaign_self_check"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    slug: str = Field(unique=True)
    name: str
    host_code: str = Field(foreign_key="organisation.code")
    currency: str
    phase: str
    phase_since: datetime = Field(sa_column=moment())
    opens_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    windows: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    plan: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    emergency: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})  # 慈善法 art. 70 on
    finishing_s: int
    late_s: int
    notice_s: int
    self_check_s: int = Field(  # from the release until the nodes' self-checks are due
        default=SELF_CHECK_S, sa_column_kwargs={"server_default": text(str(SELF_CHECK_S))}
    )
    withdrawn_reason: str = Field(default="", sa_column_kwargs={"server_default": text("''")})  # "": in force
    matching_version: int = Field(default=1, sa_type=BigInteger)
    assessment_asked_on: date | None = None
    created_at: datetime = Field(sa_column=moment())

    @property
    def notice_until(self) -> datetime | None:
        """During the public notice: when it ends at the earliest. None in every other phase."""
        return self.phase_since + timedelta(seconds=self.notice_s) if self.phase == Phase.NOTICE else None


class HostContact(SQLModel, table=True):
    """How donors reach the host of a campaign (`host_contact.py`)."""

    __tablename__ = "host_contact"
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    phone: str = ""
    hours: str = ""
    email: str = ""


class CampaignEntry(SQLModel, table=True):
    """A project that takes part in a campaign."""

    __tablename__ = "campaign_entry"
    __table_args__ = (Index("campaign_entry_project", "project_id"),)
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id", primary_key=True)
    created_at: datetime = Field(sa_column=moment())


class CampaignHistory(SQLModel, table=True):
    """One row per phase that a campaign reached. Append-only. Only draft and scheduled can be reached again."""

    __tablename__ = "campaign_history"
    __table_args__ = (
        Index(
            "campaign_history_once",
            "campaign_id",
            "to_phase",
            unique=True,
            postgresql_where=text("to_phase NOT IN ('draft', 'scheduled')"),
        ),
        Index("campaign_history_campaign", "campaign_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    from_phase: str | None = None
    to_phase: str
    at: datetime = Field(sa_column=moment())
    actor: str


class CampaignTally(SQLModel, table=True):
    """How many paid donations and how many different donors a campaign has."""

    __tablename__ = "campaign_tally"
    __table_args__ = (CheckConstraint("donations >= 0 AND donors >= 0", name="campaign_tally_positive"),)
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    donations: int = Field(default=0, sa_type=BigInteger)
    donors: int = Field(default=0, sa_type=BigInteger)


class CampaignDonor(SQLModel, table=True):
    """How many paid donations a donor has in a campaign. Distinguishes new donors from known ones."""

    __tablename__ = "campaign_donor"
    campaign_id: int = Field(sa_type=BigInteger, primary_key=True)
    donor_key: str = Field(primary_key=True)
    donations: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
