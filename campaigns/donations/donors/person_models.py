"""The tables of donations' personal data: keys, contacts, consents, words, questions and erased donors."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of


class PersonKey(SQLModel, table=True):
    """The key that seals all personal data of a donation, wrapped with the FIELD_KEY whose id is `key_id`. Without
    this row nobody can read the data, nor can they in backups made without this table. Deleting the row is how a
    person is erased.

    Each donation has its own key, so that donors never wait for each other here, and a donor known only by the
    token of a donation ends with it. `donor_key` is the donation's, whose index finds all donations of a person.
    `email_key` finds those of a donor who is known by phone and also left an e-mail address. `name_key` finds those
    of a name ("": none was left; NULL: stored by an earlier version, until the job `personal-data` has processed
    it).
    """

    __tablename__ = "person_key"
    __table_args__ = (
        Index("person_key_email", "email_key", postgresql_where=text("email_key IS NOT NULL")),
        Index("person_key_name", "name_key", postgresql_where=text("name_key <> ''")),
        Index("person_key_unnamed", "donation_id", postgresql_where=text("name_key IS NULL")),
    )
    donation_id: UUID = Field(primary_key=True)
    donor_key: str
    email_key: str | None = None
    name_key: str | None = None
    key_id: str
    wrapped: bytes = Field(sa_type=LargeBinary)


class DonationContact(SQLModel, table=True):
    """A donor's data (name, e-mail, phone, message), sealed with the donation's `PersonKey`.

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


class AgeBand(StrEnum):
    UNDER_14 = "under_14"  # special rules for personal data apply
    UNDER_18 = "under_18"  # 14 to 17


class Consent(SQLModel, table=True):
    """A donor's consent or its withdrawal: to publish their name or message, and to keep their contact and use it
    for this gift. `text_version` is the wording they saw, `how` the channel. Append-only; the newest row of a
    donation counts."""

    __tablename__ = "consent"
    __table_args__ = (Index("consent_newest", "donation_id", "id"),)
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    publish_name: bool
    publish_message: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    use_contact: bool
    text_version: str
    how: str
    at: datetime = Field(sa_column=moment())


class MinorGift(SQLModel, table=True):
    """A gift whose donor declared to be under age, with a guardian's consent (民法典 第19条, 第145条; PIPL 第31条).
    A donor of full age has no row."""

    __tablename__ = "minor_gift"
    __table_args__ = (CheckConstraint(one_of("age", AgeBand), name="minor_gift_age"),)
    donation_id: UUID = Field(primary_key=True)
    age: str
    guardian_agreed_at: datetime = Field(sa_column=moment())


class ErasedDonor(SQLModel, table=True):
    """An erased donor of a campaign that has not published its result. Their donations carry `donor_key`, which
    does not lead to them, so that the caps per donor hold. Publication deletes the row, and with it the last way
    to recognise the donor when they give again."""

    __tablename__ = "erased_donor"
    campaign_id: int = Field(sa_type=BigInteger, primary_key=True)
    donor_key: str = Field(primary_key=True)
    erased_at: datetime = Field(sa_column=moment())


class WordsState(StrEnum):
    """Whether others may read a donor's words."""

    WAITING = "waiting"
    SHOWN = "shown"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"  # by the donor


class PublicWords(SQLModel, table=True):
    """A donor's words that others may read once a reviewer has approved them: their message, and a name that is not
    plain. The words themselves are sealed in `DonationContact`. `suspicion` is what a rule found in them
    (`contact`), `reports` how often readers reported them since the last decision."""

    __tablename__ = "public_words"
    __table_args__ = (
        CheckConstraint(one_of("state", WordsState), name="public_words_state"),
        CheckConstraint("suspicion IN ('', 'contact')", name="public_words_suspicion"),
        Index("public_words_donation", "donation_id", unique=True),
        Index("public_words_shown", "campaign_id", "id", postgresql_where=text("state = 'shown'")),
        Index("public_words_to_do", "id", postgresql_where=text("state = 'waiting' OR reports > 0")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    campaign_id: int = Field(sa_type=BigInteger)
    project_id: int = Field(sa_type=BigInteger)
    state: str
    suspicion: str = ""
    reports: int = 0
    written_at: datetime = Field(sa_column=moment())
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = ""


class DonorQuestion(SQLModel, table=True):
    """A donor's question about their donation, sealed with its key, and the answer of staff."""

    __tablename__ = "donor_question"
    __table_args__ = (
        CheckConstraint("(answer = '') = (answered_at IS NULL)", name="donor_question_answered"),
        Index("donor_question_donation", "donation_id"),
        Index("donor_question_open", "id", postgresql_where=text("answered_at IS NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id")
    words: str
    asked_at: datetime = Field(sa_column=moment())
    answer: str = ""
    answered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = ""
