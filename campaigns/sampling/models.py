"""The tables of samples (抽样核查): what was drawn from which seed, and how each record was marked. Append-only."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

import campaigns.closing.publication.notice_models
import campaigns.donations.models
import campaigns.payouts.models  # noqa: F401  (foreign keys refer to their tables)
from kernel.db import identity, moment, one_of


class MarkState(StrEnum):
    CHECKED = "checked"  # the record and its papers agree
    QUESTION = "question"  # the note says what does not agree


class AuditSample(SQLModel, table=True):
    """A draw. `word` is the auditor's; `seed` is the hash of the notice, a colon and the word. `donations` and
    `payouts` are how many records were requested, of `of_donations` and `of_payouts` existing ones. `list_hash`
    is the SHA-256 of the ids of all donations that it was drawn from, sorted and joined by line feeds."""

    __tablename__ = "audit_sample"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number", name="audit_sample_number"),
        CheckConstraint(
            "number > 0 AND least(donations, payouts, of_donations, of_payouts) >= 0", name="audit_sample_sizes"
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    number: int  # 1, 2, ... per campaign
    notice_id: int = Field(sa_type=BigInteger, foreign_key="public_notice.id")
    word: str
    seed: str
    donations: int
    payouts: int
    of_donations: int
    of_payouts: int
    list_hash: str
    actor: str
    drawn_at: datetime = Field(sa_column=moment())


class SampleItem(SQLModel, table=True):
    """A record of a sample: a donation or a remittance. `place` numbers the records of a sample, donations
    first."""

    __tablename__ = "audit_sample_item"
    __table_args__ = (
        UniqueConstraint("sample_id", "place", name="audit_sample_item_place"),
        CheckConstraint("num_nonnulls(donation_id, remittance_id) = 1", name="audit_sample_item_record"),
        CheckConstraint("place > 0", name="audit_sample_item_positive"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    sample_id: int = Field(sa_type=BigInteger, foreign_key="audit_sample.id")
    place: int
    donation_id: UUID | None = Field(default=None, foreign_key="donation.id")
    remittance_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="remittance.id")


class SampleMark(SQLModel, table=True):
    """An auditor's finding on a record. The last mark is valid."""

    __tablename__ = "audit_sample_mark"
    __table_args__ = (
        CheckConstraint(one_of("state", MarkState), name="audit_sample_mark_state"),
        CheckConstraint("state <> 'question' OR note <> ''", name="audit_sample_mark_note"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    item_id: int = Field(sa_type=BigInteger, foreign_key="audit_sample_item.id", index=True)
    state: str
    note: str
    actor: str
    marked_at: datetime = Field(sa_column=moment())
