"""The table of codes by which donors find their donations from another device."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from kernel.db import moment


class DonorCode(SQLModel, table=True):
    """A code requested for a phone number or e-mail address, of which only the keyed hash is stored. `donation_id`
    is the donation that holds the sealed contact; null if no donation was given with it. The code itself is
    computed from `id` and never stored. `language` is that of the page on which it was requested; `opened_at` is
    when it was entered."""

    __tablename__ = "donor_code"
    __table_args__ = (
        Index("donor_code_contact", "contact_key", "created_at"),
        Index("donor_code_created", "created_at"),
        CheckConstraint("tries >= 0", name="donor_code_tries"),
    )
    id: UUID = Field(primary_key=True)
    contact_key: str
    donation_id: UUID | None = None
    language: str = "zh"
    tries: int = 0
    created_at: datetime = Field(sa_column=moment())
    opened_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
