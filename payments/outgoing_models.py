"""Tables of the events that we send to platforms: to which address which kinds of events go, and each delivery with
its outcome."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import payments.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of


class OutgoingType(StrEnum):
    """What a platform may subscribe to."""

    DONATION_MATCHED = "donation.matched"
    DONATION_SETTLED = "donation.settled"
    REFUND_BOOKED = "refund.booked"
    CAMPAIGN_PHASE = "campaign.phase"
    CAMPAIGN_SUMS = "campaign.sums"
    PROJECT_NEWS = "project.news"


class DeliveryState(StrEnum):
    DUE = "due"
    HELD = "held"  # its subscription or its platform is paused
    SENT = "sent"
    FAILED = "failed"  # not accepted for a day, or given up; may be sent again


class PartnerSubscription(SQLModel, table=True):
    """An address of a platform and the events that it receives, signed with a secret of its own. While it or
    its platform is paused, deliveries are held."""

    __tablename__ = "partner_subscription"
    __table_args__ = (Index("partner_subscription_partner", "partner"),)
    id: int | None = Field(default=None, sa_column=identity())
    partner: str = Field(foreign_key="partner.name")
    url: str
    types: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_secret: str
    created_at: datetime = Field(sa_column=moment())
    created_by: str
    paused_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class PartnerDelivery(SQLModel, table=True):
    """An event for one subscription, written with its fact. The `body` of a donation's event is built at the first
    attempt and kept; it names no person. `status` is the last HTTP status, `failure` a code if there was none."""

    __tablename__ = "partner_delivery"
    __table_args__ = (
        CheckConstraint(one_of("type", OutgoingType), name="partner_delivery_type"),
        CheckConstraint(one_of("state", DeliveryState), name="partner_delivery_state"),
        Index("partner_delivery_due", "due_at", postgresql_where=text("state = 'due'")),
        Index("partner_delivery_held", "subscription_id", postgresql_where=text("state = 'held'")),
        Index("partner_delivery_subscription", "subscription_id", "id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    subscription_id: int = Field(sa_type=BigInteger, foreign_key="partner_subscription.id")
    type: str
    donation_id: UUID | None = None
    body: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    state: str = Field(default=DeliveryState.DUE.value, sa_column_kwargs={"server_default": text("'due'")})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    status: int | None = None
    failure: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    created_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
