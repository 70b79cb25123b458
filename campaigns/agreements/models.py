"""The tables of agreements, of pledges made in them, and of the deposits that paid the pledges."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

import campaigns.funds.models
import campaigns.lifecycle.models  # noqa: F401  (foreign keys refer to their tables)
from kernel.db import identity, moment, one_of

_TEXT = {"server_default": text("''")}


class AgreementKind(StrEnum):
    DONATION = "donation"  # 捐赠协议: the other party pledges to give
    PARTNER = "partner"  # 合作公开募捐协议 (慈善法 第26条): another organisation takes part in a campaign
    FUND = "fund"  # 专项基金协议
    CONTRACT = "contract"  # for services and goods


class Agreement(SQLModel, table=True):
    """A written agreement of an organisation with another party. `document` says where it is kept. Public: the
    partners of a campaign, the agreement of each, and how they were assessed."""

    __table_args__ = (
        CheckConstraint(one_of("kind", AgreementKind), name="agreement_kind"),
        CheckConstraint("amount_minor > 0", name="agreement_amount"),
        CheckConstraint("ends_on >= signed_on", name="agreement_term"),
        CheckConstraint("(kind = 'partner') = (campaign_id IS NOT NULL)", name="agreement_campaign"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="agreement_end"),
        UniqueConstraint("organisation_code", "number", name="agreement_once"),
        Index("agreement_campaign_id", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    organisation_code: str = Field(foreign_key="organisation.code")
    number: str  # as printed on the paper
    title: str
    party: str
    campaign_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="campaign.id")
    fund_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="fund.id")
    signed_on: date
    ends_on: date | None = None
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    assessment: str = Field(default="", sa_column_kwargs=_TEXT)  # of a partner, before the agreement was made
    document: str = Field(default="", sa_column_kwargs=_TEXT)
    actor: str
    entered_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    end_reason: str = Field(default="", sa_column_kwargs=_TEXT)


class Pledge(SQLModel, table=True):
    """A payment due by a day under an agreement. It is not a gift: it counts nowhere until the money is in the
    books."""

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="pledge_amount"),
        CheckConstraint("(waived_at IS NULL) = (waive_reason = '')", name="pledge_waived"),
        Index("pledge_agreement", "agreement_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    agreement_id: int = Field(sa_type=BigInteger, foreign_key="agreement.id")
    due_on: date
    amount_minor: int = Field(sa_type=BigInteger)
    called_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))  # the last call (催告)
    called_by: str = Field(default="", sa_column_kwargs=_TEXT)
    waived_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    waived_by: str = Field(default="", sa_column_kwargs=_TEXT)
    waive_reason: str = Field(default="", sa_column_kwargs=_TEXT)


class PledgePayment(SQLModel, table=True):
    """The part of a deposit that paid a pledge. Append-only."""

    __tablename__ = "pledge_payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="pledge_payment_amount"),
        UniqueConstraint("pledge_id", "deposit_id", name="pledge_payment_once"),
        Index("pledge_payment_deposit", "deposit_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    pledge_id: int = Field(sa_type=BigInteger, foreign_key="pledge.id")
    deposit_id: int = Field(sa_type=BigInteger, foreign_key="fund_entry.id")
    amount_minor: int = Field(sa_type=BigInteger)
    actor: str
    at: datetime = Field(sa_column=moment())
