"""The tables of what is personal of donations: keys, what donors said, what they agreed to, who was erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment


class PersonKey(SQLModel, table=True):
    """The key with which all that is personal of a donation is sealed, wrapped with the FIELD_KEY whose id is
    `key_id`. Without this row nobody can read it any more, in backups neither that were made without this table:
    that is how a person is erased.

    A key per donation, so that donors never wait for each other here, and one whose token is all that we know of
    somebody ends with that donation. `donor_key` finds all of a person's; `email_key` those whose donor is known by
    phone, and left an e-mail address too.
    """

    __tablename__ = "person_key"
    __table_args__ = (
        Index("person_key_donor", "donor_key"),
        Index("person_key_email", "email_key", postgresql_where=text("email_key IS NOT NULL")),
    )
    donation_id: UUID = Field(primary_key=True)
    donor_key: str
    email_key: str | None = None
    key_id: str
    wrapped: bytes = Field(sa_type=LargeBinary)


class DonationContact(SQLModel, table=True):
    """What a donor said of themselves (name, e-mail, phone, message), sealed with the donation's `PersonKey`.

    `donor_key` and `wrapped_key` are of earlier versions, until the job `personal-data` has moved them.
    """

    __tablename__ = "donation_contact"
    __table_args__ = (
        Index("donation_contact_unmoved", "donation_id", postgresql_where=text("wrapped_key IS NOT NULL")),
    )
    donation_id: UUID = Field(primary_key=True)
    donor_key: str | None = None
    wrapped_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed: bytes = Field(sa_type=LargeBinary)


class Consent(SQLModel, table=True):
    """What a donor agreed to, or no longer agrees to: that their name is published, that their contact is kept and
    used for this gift. `text_version` is the wording they saw, `how` the way in. Append-only; the newest row of a
    donation counts."""

    __tablename__ = "consent"
    __table_args__ = (Index("consent_donation", "donation_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    publish_name: bool
    use_contact: bool
    text_version: str
    how: str
    at: datetime = Field(sa_column=moment())


class ErasedDonor(SQLModel, table=True):
    """An erased donor of a campaign that has not published its result: their donations carry `donor_key`, which
    does not lead to them, so that the caps of one donor hold. The row, and the last way to tell whether it is they
    who give again, are deleted with the publication."""

    __tablename__ = "erased_donor"
    campaign_id: int = Field(sa_type=BigInteger, primary_key=True)
    donor_key: str = Field(primary_key=True)
    erased_at: datetime = Field(sa_column=moment())
