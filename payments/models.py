"""Tables of messages from outside, which are stored before they are processed, of partners, and of statements."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of

INBOX_STATES = ("new", "done", "ignored", "waiting", "flagged", "dismissed")


class InboxEvent(SQLModel, table=True):
    """One message from outside, once per source and id. Append-only, except for sealing and erasing personal data.

    `body` has the fields that the engine uses. The rest of the message, which may be personal, is `sealed` with the
    key `sealed_by` (0: there is none, or no longer; null: stored by an earlier version, all of it in `body`).
    """

    __tablename__ = "inbox_event"
    __table_args__ = (
        UniqueConstraint("source", "event_id", name="inbox_event_once"),
        Index("inbox_event_unsealed", "id", postgresql_where=text("sealed_by IS NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    source: str  # "stripe" or "partner:NAME"
    event_id: str
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    body_hash: str
    received_at: datetime = Field(sa_column=moment())
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_by: int | None = Field(default=None, sa_type=BigInteger)


OPEN = ("waiting", "flagged")  # states that an operator may have to review
_OPEN = "state IN ('waiting', 'flagged') AND reference IS NOT NULL"
_FOREIGN = "state = 'ignored' AND reference IS NOT NULL"


class InboxWork(SQLModel, table=True):
    """The processing state of a message. `waiting`: something must happen first. `flagged`: an operator must review
    it. `dismissed`: an operator took it off the desk.

    `reference` is the provider's payment of another shop's message, or the platform's donation of a message that
    waits or is flagged. An operator decides `donation_id`, to which the message is attached, and `confirmed`: it
    counts although it exceeds its source's limits.

    Separate from the message, because an update copies the whole row and this one is short. It has no foreign key,
    because only `store` inserts into both tables.
    """

    __tablename__ = "inbox_work"
    __table_args__ = (
        CheckConstraint(one_of("state", INBOX_STATES), name="inbox_work_state"),
        Index("inbox_work_due", "inbox_id", postgresql_where=text("state = 'new'")),
        Index("inbox_work_waiting", "inbox_id", postgresql_where=text("state IN ('waiting', 'flagged')")),
        Index("inbox_work_open_reference", "reference", postgresql_where=text(_OPEN)),
        Index("inbox_work_foreign", "reference", postgresql_where=text(_FOREIGN)),
        Index("inbox_work_foreign_since", "done_at", postgresql_where=text(_FOREIGN)),
    )
    inbox_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    state: str = Field(sa_column_kwargs={"server_default": text("'new'")})
    note: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    done_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    reference: str | None = None
    donation_id: UUID | None = None
    confirmed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class InboxConflict(SQLModel, table=True):
    """A message that repeats an id with other contents: kept for review, without effect (the first one wins)."""

    __tablename__ = "inbox_conflict"
    __table_args__ = (UniqueConstraint("source", "event_id", "body_hash", name="inbox_conflict_once"),)
    id: int | None = Field(default=None, sa_column=identity())
    source: str
    event_id: str
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    body_hash: str
    received_at: datetime = Field(sa_column=moment())
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_by: int | None = Field(default=None, sa_type=BigInteger)


class DayKey(SQLModel, table=True):
    """The key of a day, which seals the personal parts of its messages; wrapped with the FIELD_KEY whose id is
    `key_id`. The row is deleted when those parts are no longer kept."""

    __tablename__ = "message_key"
    id: int | None = Field(default=None, sa_column=identity())
    day: date = Field(unique=True)
    key_id: str
    wrapped: bytes = Field(sa_type=LargeBinary)


class PartnerState(StrEnum):
    """The stage of a platform: being prepared, trying its events out, sending real ones, paused, or ended."""

    DRAFT = "draft"
    TEST = "test"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Partner(SQLModel, table=True):
    """A platform that pushes donations. Its signing secrets are in a table of their own. Only earlier releases read
    `sealed_secret`; the next release drops it.

    A limit that is None is the installation's: most per donation and per day (fen, and a number), and greatest age
    of a payment. With `statement_expected`, a campaign that could have its donations waits for its bill before it
    is published.
    """

    __table_args__ = (CheckConstraint(one_of("state", PartnerState), name="partner_state"),)
    name: str = Field(primary_key=True)
    title: str
    state: str = Field(default=PartnerState.LIVE.value, sa_column_kwargs={"server_default": text("'live'")})
    sealed_secret: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    # Without `none_as_null`, None ("any project") would be stored as the JSON null, which is not NULL.
    projects: list[str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    gift_most_minor: int | None = Field(default=None, sa_type=BigInteger)
    day_most_minor: int | None = Field(default=None, sa_type=BigInteger)
    day_most_count: int | None = Field(default=None, sa_type=BigInteger)
    age_most_days: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = Field(sa_column=moment())
    statement_expected: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})


class PartnerSecret(SQLModel, table=True):
    """A signing secret of a platform, encrypted with FIELD_KEY; valid until `ends_at` (None: until it is ended).
    Events signed with a `test` secret are judged and answered, and never booked. A secret that `waits` signs
    nothing until a second person approves it."""

    __tablename__ = "partner_secret"
    __table_args__ = (Index("partner_secret_partner", "partner"),)
    id: int | None = Field(default=None, sa_column=identity())
    partner: str = Field(foreign_key="partner.name")
    sealed_secret: str
    created_at: datetime = Field(sa_column=moment())
    created_by: str
    ends_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    last_used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    test: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    waits: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class PartnerTestEvent(SQLModel, table=True):
    """An event that a platform sent in test mode, without its personal part; once per id. `state` and `note` are
    what would have become of it, as in InboxWork. It is in no list or total of donations."""

    __tablename__ = "partner_test_event"
    __table_args__ = (
        UniqueConstraint("partner", "event_id", name="partner_test_event_once"),
        Index("partner_test_event_donation", "partner", "their_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    partner: str = Field(foreign_key="partner.name")
    event_id: str
    type: str
    their_id: str
    project_code: str
    amount_minor: int = Field(sa_type=BigInteger)
    occurred_at: datetime = Field(sa_column=moment())
    content: str  # keyed hash of its content
    state: str
    note: str
    received_at: datetime = Field(sa_column=moment())


class PartnerCheck(SQLModel, table=True):
    """An item of a platform's check list that passed in its test mode."""

    __tablename__ = "partner_check"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    item: str = Field(primary_key=True)
    passed_at: datetime = Field(sa_column=moment())


class PartnerRefusal(SQLModel, table=True):
    """The number of refused events or requests of a platform on a day in Shanghai, by the code of the refusal."""

    __tablename__ = "partner_refusal"
    partner: str = Field(primary_key=True, foreign_key="partner.name")
    day: date = Field(primary_key=True)
    code: str = Field(primary_key=True)
    events: int = Field(sa_type=BigInteger)


class PartnerDay(SQLModel, table=True):
    """The donations taken in from a platform, by the day of their arrival in Shanghai; amounts in fen."""

    __tablename__ = "partner_day"
    partner: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    amount_minor: int = Field(sa_type=BigInteger)
    donations: int = Field(sa_type=BigInteger)


class ProviderLine(SQLModel, table=True):
    """One line of a provider's statement: a Stripe balance transaction or a row of a partner's daily bill."""

    __tablename__ = "provider_line"
    __table_args__ = (
        UniqueConstraint("provider", "line_id", name="provider_line_once"),
        Index("provider_line_donation", "donation_id"),
        Index("provider_line_intent", "payment_intent"),
        Index("provider_line_source", "source_id"),
        Index("provider_line_corrects", "provider", "corrects", postgresql_where=text("corrects IS NOT NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    provider: str
    kind: str
    line_id: str
    source_id: str
    payment_intent: str | None = None
    donation_id: UUID | None = None
    amount_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    currency: str
    fee_currency: str | None = None  # null: the same as `currency`
    corrects: str | None = None  # the line of the same provider to which these figures are added
    occurred_at: datetime = Field(sa_column=moment())
    fetched_at: datetime = Field(sa_column=moment())


class LineConflict(SQLModel, table=True):
    """A line that a provider repeats with other contents: kept for review, without effect (the first one counts)
    until an operator takes it in place of the first. `dropped`: a second bill of its day has no such line
    (amount 0). `withdrawn_at`: the provider stated something else of it later."""

    __tablename__ = "provider_line_conflict"
    __table_args__ = (
        # Once while it is neither taken nor withdrawn. What a provider repeats after that is another row.
        Index(
            "provider_line_conflict_once",
            "provider",
            "line_id",
            "kind",
            "source_id",
            "amount_minor",
            "fee_minor",
            "currency",
            "occurred_at",
            unique=True,
            postgresql_where=text("taken_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    provider: str
    line_id: str
    kind: str
    source_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    currency: str
    occurred_at: datetime = Field(sa_column=moment())
    fetched_at: datetime = Field(sa_column=moment())
    dropped: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    taken_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    withdrawn_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class EmptyBillDay(SQLModel, table=True):
    """A day in Shanghai for which a partner stated that its bill has no lines."""

    __tablename__ = "empty_bill_day"
    provider: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    said_at: datetime = Field(sa_column=moment())
    said_by: str
