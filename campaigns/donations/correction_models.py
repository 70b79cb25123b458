"""The table of donations whose project was corrected."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of
from ledger.order import place_in_order


class ConsentBy(StrEnum):
    """How the donor agreed to move their donation to another project."""

    LETTER = "letter"  # signed on paper
    EMAIL = "email"
    MESSAGE = "message"  # a text message or chat
    PHONE = "phone"
    IN_PERSON = "in_person"


class ProjectCorrection(SQLModel, table=True):
    """A donation's move to another project, from a position in the order of the books on. Append-only; the donation
    itself names its current project. `amount_minor` is what was left of the donation at that time, with its
    match before and after, all in fen. The donor agreed on `consented_on`, a day in Shanghai."""

    __tablename__ = "project_correction"
    __table_args__ = (
        CheckConstraint(one_of("consent", ConsentBy), name="project_correction_consent"),
        CheckConstraint("from_project_id <> to_project_id", name="project_correction_two_projects"),
        CheckConstraint("amount_minor > 0", name="project_correction_amount"),
        UniqueConstraint("donation_id", "number", name="project_correction_number"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id")
    number: int
    from_project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    to_project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    amount_minor: int = Field(sa_type=BigInteger)
    match_before_minor: int = Field(sa_type=BigInteger)
    match_after_minor: int = Field(sa_type=BigInteger)
    consent: str
    consented_on: date
    reason: str
    actor: str
    corrected_at: datetime = Field(sa_column=moment())
    position: int | None = Field(default=None, sa_column=place_in_order())
