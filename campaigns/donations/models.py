"""The tables of donations. They hold amounts and ids; personal data is sealed in tables of its own (see
`contact`)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models
import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from campaigns.donations.payment_exceptions import ExceptionReason, ExceptionState
from campaigns.donations.states import ABANDONED, PROVEN, DisputeOutcome, Status
from kernel.db import identity, moment, one_of
from payments.reversals import ReversalKind, ReversalState

# Channels that a donor's own request may name. Our own intakes write the others.
PUBLIC_CHANNELS = ("web", "api", "livestream", "video", "poster", "station")
_RARE_STATUS = "status IN ('cancelled', 'expired', 'failed', 'refunded', 'disputed')"
_RARE_CHANNEL = "channel NOT IN ('web', 'api', 'partner')"
# Donations that hold personal data in clear: a message, a plain hash of the request, or an instrument.
UNSEALED = "message <> '' OR request_hash NOT LIKE 'k:%' OR instrument !~ '^[^:]+:[0-9a-f]{32}$'"
# Filters that match few donations. Each has a partial index, which other donations never touch.
RARE_STATUSES = frozenset({Status.REFUNDED, Status.DISPUTED, *ABANDONED})
CHANNELS = (*PUBLIC_CHANNELS, "partner", "offline", "monthly", "behaviour", "consumption")
RARE_CHANNELS = frozenset(CHANNELS) - {"web", "api", "partner"}


class Donation(SQLModel, table=True):
    """A donation to one project in one campaign. All amounts are in fen. `amount_minor` was donated,
    `refunded_minor` of it was returned (refunds and lost disputes), and `excess_minor` was returned beyond it.
    The last two are computed from the rows of `reversal_fact`; `reversal_postings` numbers the transfers that
    booked them. When a payment of another amount arrived, `amount_minor` is that amount and `pledged_minor` the
    pledged one; else it is null."""

    __table_args__ = (
        CheckConstraint(one_of("status", Status), name="donation_status"),
        CheckConstraint("amount_minor > 0", name="donation_amount"),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="donation_refunded"),
        CheckConstraint("excess_minor >= 0", name="donation_excess"),
        CheckConstraint(
            f"paid_at IS NOT NULL OR NOT ({one_of('status', PROVEN)})",
            name="donation_paid_at",
        ),
        CheckConstraint(one_of("dispute", DisputeOutcome), name="donation_dispute"),
        Index(
            "donation_reference",
            "payment_reference",
            postgresql_where=text("payment_reference IS NOT NULL"),
        ),
        Index("donation_waiting", "match_until", postgresql_where=text("status IN ('pending', 'paying')")),
        Index("donation_campaign", "campaign_id", "project_id", "paid_at"),
        Index(
            "donation_intent",
            "payment_intent",
            unique=True,
            postgresql_where=text("payment_intent IS NOT NULL"),
        ),
        Index("donation_team", "campaign_id", "team", "paid_at", postgresql_where=text("team <> ''")),
        Index(
            "donation_source",
            "campaign_id",
            "source_code",
            "paid_at",
            postgresql_where=text("source_code <> '' AND channel <> 'partner'"),
        ),
        Index("donation_donor", "donor_key", "pledged_at"),
        # Staff search for "a gift of 100 around nine"; rows are stored nearly in the order of their time.
        Index("donation_amount", "amount_minor", "pledged_at"),
        # The order of the managers' list; every new donation becomes its last entry.
        Index("donation_newest", "pledged_at", "id"),
        Index("donation_rare_status", "status", "pledged_at", postgresql_where=text(_RARE_STATUS)),
        Index("donation_rare_channel", "channel", "pledged_at", postgresql_where=text(_RARE_CHANNEL)),
        # Unpaid donations of a browser and of an address. Few rows; they leave the index once paid.
        Index(
            "donation_unpaid_device",
            "device_key",
            postgresql_where=text("device_key IS NOT NULL AND status IN ('pending', 'paying')"),
        ),
        Index("donation_unpaid_network", "network_key", postgresql_where=text("network_key IS NOT NULL")),
        Index("donation_instrument", "instrument", postgresql_where=text("instrument IS NOT NULL")),
        # What earlier versions stored in clear, until the job `personal-data` has sealed it.
        Index("donation_unsealed", "id", postgresql_where=text(UNSEALED)),
        Index("donation_erased", "campaign_id", postgresql_where=text("erased_at IS NOT NULL")),
    )
    id: UUID = Field(primary_key=True)
    campaign_id: int = Field(sa_type=BigInteger)  # both exist: a trigger checks this once per statement (ADR 27)
    project_id: int = Field(sa_type=BigInteger)
    amount_minor: int = Field(sa_type=BigInteger)
    refunded_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    excess_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    reversal_postings: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    pledged_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str
    status: str
    channel: str
    source_code: str = ""
    team: str = ""
    message: str = ""  # written by earlier versions; now sealed with the contact
    donor_key: str
    device_key: str | None = None  # for paid donations screening keeps its own index (`device_gift`)
    network_key: str | None = None  # keyed hash of the client's address; only while the donation is unpaid
    publish_name: bool = False
    accept_unmatched: bool = False
    request_hash: str
    pledged_at: datetime = Field(sa_column=moment())
    match_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    provider: str = ""
    payment_reference: str | None = None
    payment_intent: str | None = None
    payment_url: str | None = None
    client_secret: str | None = None
    instrument: str | None = None
    paid_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    dispute: str = Field(default="", sa_column_kwargs={"server_default": text("''")})  # open, won, lost
    erased_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class GiftSource(SQLModel, table=True):
    """The channel through which a partner's donor came, and the code of the source there (a host, a video, a
    poster, a station). Donations from our own pages store this in `donation`."""

    __tablename__ = "gift_source"
    __table_args__ = (Index("gift_source_code", "campaign_id", "code"),)
    donation_id: UUID = Field(primary_key=True)
    campaign_id: int = Field(sa_type=BigInteger)
    kind: str
    code: str


class ScreeningQueueEntry(SQLModel, table=True):
    """A paid donation that screening must check again because its instrument, a refund or more match became known.
    The check deletes the row."""

    __tablename__ = "donation_look"
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID


class DonationHistory(SQLModel, table=True):
    """One row per transition of a donation. Append-only."""

    __tablename__ = "donation_history"
    __table_args__ = (Index("donation_history_donation", "donation_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    from_status: str | None = None
    to_status: str
    at: datetime = Field(sa_column=moment())
    cause: str


class RefundRequestState(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"  # the provider has accepted it; pending
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the money did not arrive and came back to us; the refund may be requested again
    REFUSED = "refused"  # the provider rejected the request


class Refund(SQLModel, table=True):
    """A refund. It is stored first, then sent to the provider, then confirmed by the provider's message."""

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="refund_amount"),
        CheckConstraint(one_of("state", RefundRequestState), name="refund_state"),
        Index("refund_donation", "donation_id"),
        Index("refund_provider_refund", "provider_refund", postgresql_where=text("provider_refund IS NOT NULL")),
        Index("refund_requested", "id", postgresql_where=text("state = 'requested'")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id")
    amount_minor: int = Field(sa_type=BigInteger)
    reason: str
    actor: str
    state: str
    provider_refund: str | None = None
    requested_at: datetime = Field(sa_column=moment())


class RefundRequest(SQLModel, table=True):
    """A donor's request for their money back: `amount_minor` in fen, or None for everything left. `answer` is the
    reply of staff, `refund_id` the resulting refund."""

    __tablename__ = "refund_request"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'declined')", name="refund_request_state"),
        CheckConstraint("amount_minor > 0", name="refund_request_amount"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="refund_request_decided"),
        CheckConstraint("(state = 'accepted') = (refund_id IS NOT NULL)", name="refund_request_refund"),
        Index("refund_request_donation", "donation_id"),
        Index("refund_request_open", "donation_id", unique=True, postgresql_where=text("state = 'open'")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID = Field(foreign_key="donation.id")
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    reason: str
    state: str
    requested_at: datetime = Field(sa_column=moment())
    decided_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = ""
    answer: str = ""
    refund_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="refund.id")


class ReversalFactRow(SQLModel, table=True):
    """A reported fact about a refund or dispute of a donation. Append-only. `reversals.position` computes its
    effect on the donation from all of its rows."""

    __tablename__ = "reversal_fact"
    __table_args__ = (
        CheckConstraint(one_of("kind", ReversalKind), name="reversal_fact_kind"),
        CheckConstraint(one_of("state", ReversalState), name="reversal_fact_state"),
        CheckConstraint("amount_minor >= 0", name="reversal_fact_amount"),
        UniqueConstraint(
            "donation_id", "kind", "reference", "state", "amount_minor", "at", name="reversal_fact_once"
        ),
    )
    id: int | None = Field(default=None, sa_column=identity())
    donation_id: UUID
    kind: str
    reference: str
    state: str
    amount_minor: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_column=moment())
    created_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    recorded_at: datetime = Field(sa_column=moment())


class PaymentToClose(SQLModel, table=True):
    """An unpaid donation that was replaced, or cancelled with its campaign or project. Its payment must be closed
    at the provider; the row is deleted once that is done."""

    __tablename__ = "payment_to_close"
    donation_id: UUID = Field(primary_key=True)
    requested_at: datetime = Field(sa_column=moment())


class FraudWarningRow(SQLModel, table=True):
    """An early fraud warning about the payment of a donation. Append-only; evidence for reviewers."""

    __tablename__ = "fraud_warning"
    __table_args__ = (Index("fraud_warning_donation", "donation_id"),)
    reference: str = Field(primary_key=True)  # the provider's id
    donation_id: UUID
    fraud_type: str
    warned_at: datetime = Field(sa_column=moment())


class MatchRestore(SQLModel, table=True):
    """A donation whose money came back (a refund failed, or a dispute was won). Match is offered to it again."""

    __tablename__ = "match_restore"
    __table_args__ = (Index("match_restore_campaign", "campaign_id"),)
    donation_id: UUID = Field(primary_key=True)
    campaign_id: int = Field(sa_type=BigInteger)
    requested_at: datetime = Field(sa_column=moment())


class PaymentException(SQLModel, table=True):
    """A payment that differs from what its donation asked for, on the desk until an operator decides. The amount is
    in the smallest unit of `currency`. `note` is the operator's reason, `attached_to` the donation that received
    the money."""

    __tablename__ = "payment_exception"
    __table_args__ = (
        CheckConstraint(one_of("reason", ExceptionReason), name="payment_exception_reason"),
        CheckConstraint(one_of("state", ExceptionState), name="payment_exception_state"),
        CheckConstraint("amount_minor >= 0", name="payment_exception_amount"),
        CheckConstraint("(state = 'attached') = (attached_to IS NOT NULL)", name="payment_exception_attached"),
        UniqueConstraint("provider", "payment_intent", name="payment_exception_once"),
        Index("payment_exception_intent", "payment_intent"),
        Index("payment_exception_donation", "donation_id"),
        Index("payment_exception_undecided", "id", postgresql_where=text("state IN ('open', 'refunding')")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    provider: str
    payment_intent: str
    charge: str | None = None
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    donation_id: UUID = Field(foreign_key="donation.id")
    reason: str
    state: str
    attached_to: UUID | None = None
    note: str = ""
    actor: str = ""
    refund_attempts: int = 0  # numbers the requested refunds, because each needs its own key
    provider_refund: str | None = None
    occurred_at: datetime = Field(sa_column=moment())
    found_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
