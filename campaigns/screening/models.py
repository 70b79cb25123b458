"""The tables of screening: cases, thresholds of campaigns, staff contacts, the watch list, counted donations, and
the job's progress in counting and screening."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import campaigns.donations.models
import campaigns.lifecycle.models
import campaigns.network.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of

STATES = ("open", "released", "cancelled")
WATCHED = ("donor", "instrument", "device")
PLACES = ("project", "team", "source")
_TEXT = {"server_default": text("''")}


class ScreeningCase(SQLModel, table=True):
    """A donation whose match was put on hold for a reviewer to decide.

    `signals` is the evidence: numbers and donation ids. `held_minor` is the match (fen) put on hold when the case
    was opened; the books have what is on hold now.
    """

    __tablename__ = "screening_case"
    __table_args__ = (
        CheckConstraint(one_of("state", STATES), name="screening_case_state"),
        CheckConstraint("held_minor >= 0", name="screening_case_held"),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (state = 'open' OR (actor <> '' AND reason <> ''))",
            name="screening_case_decided",
        ),
        CheckConstraint("(appeal <> '') = (appealed_at IS NOT NULL)", name="screening_case_appeal"),
        CheckConstraint("(answer <> '') = (answered_at IS NOT NULL)", name="screening_case_answer"),
        CheckConstraint("answered_at IS NULL OR appealed_at IS NOT NULL", name="screening_case_answered"),
        Index("screening_case_campaign", "campaign_id", "state"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id", unique=True)
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    signals: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    held_minor: int = Field(sa_type=BigInteger)
    state: str = "open"
    opened_at: datetime = Field(sa_column=moment())
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = Field(default="", sa_column_kwargs=_TEXT)
    reason: str = Field(default="", sa_column_kwargs=_TEXT)
    suspended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    suspended_by: str = Field(default="", sa_column_kwargs=_TEXT)
    blacklisted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    blacklisted_by: str = Field(default="", sa_column_kwargs=_TEXT)
    appeal: str = Field(default="", sa_column_kwargs=_TEXT)
    appealed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    answer: str = Field(default="", sa_column_kwargs=_TEXT)
    answered_by: str = Field(default="", sa_column_kwargs=_TEXT)
    answered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ScreeningSetting(SQLModel, table=True):
    """A threshold of a campaign that differs from the default, in its own unit, and who set it last."""

    __tablename__ = "screening_setting"
    __table_args__ = (CheckConstraint("value >= 0", name="screening_setting_value"),)
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id", primary_key=True)
    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)
    changed_at: datetime = Field(sa_column=moment())
    actor: str


class StaffKey(SQLModel, table=True):
    """A contact of an organisation's staff, stored as the keyed hash that donations carry too."""

    __tablename__ = "staff_key"
    __table_args__ = (UniqueConstraint("organisation_code", "donor_key", name="staff_key_once"),)
    id: int | None = Field(default=None, sa_column=identity())
    organisation_code: str = Field(foreign_key="organisation.code")
    donor_key: str
    kind: str  # phone or email
    created_at: datetime = Field(sa_column=moment())


class Watch(SQLModel, table=True):
    """A donor, instrument or device whose match is put on hold, stored as the keyed hash that donations carry."""

    __table_args__ = (
        CheckConstraint(one_of("kind", WATCHED), name="watch_kind"),
        CheckConstraint("key <> '' AND reason <> '' AND actor <> ''", name="watch_said"),
        CheckConstraint("until > listed_at", name="watch_term"),
        CheckConstraint("(lifted_by <> '') = (lifted_at IS NOT NULL)", name="watch_lifted"),
        Index("watch_once", "kind", "key", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    key: str
    reason: str
    actor: str
    case_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="screening_case.id")
    listed_at: datetime = Field(sa_column=moment())
    until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    lifted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    lifted_by: str = Field(default="", sa_column_kwargs=_TEXT)
    lift_reason: str = Field(default="", sa_column_kwargs=_TEXT)


class DeviceGift(SQLModel, table=True):
    """A paid donation and its device. Screening maintains this table because an index on `donation` would be
    written with every donation and every change of its state."""

    __tablename__ = "device_gift"
    campaign_id: int = Field(sa_type=BigInteger, primary_key=True)
    device_key: str = Field(primary_key=True)
    donation_id: UUID = Field(primary_key=True)


class CountedGift(SQLModel, table=True):
    """A paid donation that is counted in `burst_count`, and whether it counts as a newcomer's."""

    __tablename__ = "counted_gift"
    donation_id: UUID = Field(primary_key=True)
    newcomer: bool


class BurstCount(SQLModel, table=True):
    """How many paid donations of an amount (fen; 0: of any amount) arrived at a place in the slot that begins at
    `slot_at`, and how many came from newcomers: donors with one donation in the campaign. A place is a project's
    id, a team or a source code."""

    __tablename__ = "burst_count"
    __table_args__ = (
        CheckConstraint(one_of("kind", PLACES), name="burst_count_kind"),
        CheckConstraint("newcomers BETWEEN 0 AND donations", name="burst_count_newcomers"),
    )
    campaign_id: int = Field(sa_type=BigInteger, primary_key=True)
    kind: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    amount_minor: int = Field(sa_type=BigInteger, primary_key=True)
    slot_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    donations: int
    newcomers: int


class ScreeningMark(SQLModel, table=True):
    """How far the job has counted and screened along the history of donations; a single row.

    Payments up to `counted_id` are counted, those up to `seen_id` were screened once, and those up to `sure_id`
    twice, the second time minutes later. Ids commit out of order, so payments missed at first are counted then, and
    a pattern shows only once it is complete.
    """

    __tablename__ = "screening_mark"
    __table_args__ = (CheckConstraint("id = 1", name="screening_mark_one"),)
    id: int = Field(default=1, primary_key=True)
    sure_id: int = Field(default=0, sa_type=BigInteger)
    seen_id: int = Field(default=0, sa_type=BigInteger)
    counted_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
