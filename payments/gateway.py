"""The interface of a payment provider, in our own types.

Money is integer fen (`*_minor`) with an upper-case ISO currency; times are aware UTC. No provider's
library is imported here: an implementation lives in a file of its own (`payments/stripe.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from payments.messages import Message


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One donation to be paid.

    The provider remembers our idempotency key together with the parameters, so a donation must always be sent as
    the same order. A caller that retries rebuilds the order from what it stored. `expires_at` is the latest end of
    the reservation, `label` the project's name shown at the cashier.
    """

    donation_id: UUID
    amount_minor: int
    currency: str
    label: str
    locale: Literal["zh", "en"]
    success_url: str
    cancel_url: str
    expires_at: datetime

    def __post_init__(self) -> None:
        """Validate the order. Raises ValueError for an order that no provider can take."""
        if self.amount_minor <= 0:
            raise ValueError("amount_minor must be positive")
        if self.expires_at.utcoffset() is None:
            raise ValueError("expires_at must be an aware time")


@dataclass(frozen=True, slots=True)
class OpenedPayment:
    """A payment that the donor can now make: at `url` (cashier's page) or with `client_secret` (own form)."""

    provider: str
    reference: str
    url: str | None
    client_secret: str | None


class ClosedAs(StrEnum):
    """The state of a payment at the provider, as `close` and `state` return it."""

    CLOSED = "closed"  # no money came and none can come any more, according to the provider
    PAID = "paid"  # the donor has paid
    PROCESSING = "processing"  # under way; a later event decides


@dataclass(frozen=True, slots=True)
class RefundState:
    """One refund, and the total refunded of its payment so far (this one included).

    `message` is equivalent to the provider's own message about this refund, ready for the inbox.
    """

    provider_refund: str
    refunded_total_minor: int
    status: Literal["succeeded", "pending", "failed"]
    occurred_at: datetime
    message: Message | None = None


StatementKind = Literal["charge", "refund", "fee", "payout", "dispute", "other"]
DONORS_MONEY: tuple[StatementKind, ...] = ("charge", "refund", "dispute")  # what came from donors, or was returned


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement on the balance that the provider keeps for us.

    `amount_minor` is gross and signed (refunds and payouts are negative); `fee_minor` is what the provider keeps of
    it. `currency` is that of the payment, `fee_currency` that of the balance (None: the same). `corrects` is the
    line id of an earlier line to which these figures are added.
    """

    provider: str
    kind: StatementKind
    line_id: str
    source_id: str | None
    payment_intent: str | None
    donation_id: UUID | None
    amount_minor: int
    fee_minor: int
    currency: str
    occurred_at: datetime
    fee_currency: str | None = None
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """Our account as the provider reports it. `currency` is that of its balance, upper-case; `clock` is the
    provider's time when it responded, if known."""

    account: str
    currency: str
    livemode: bool
    charges_enabled: bool
    clock: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address to which the provider sends messages, and their types; `*` stands for all."""

    url: str
    events: frozenset[str]
    livemode: bool
    enabled: bool

    def missing(self, needed: Iterable[str]) -> list[str]:
        """Return the needed types that are not sent."""
        return [] if "*" in self.events else [name for name in needed if name not in self.events]


class GatewayError(Exception):
    """A call to the provider that returned nothing usable."""


class GatewayUnavailable(GatewayError):
    """Time-out, broken connection, 5xx or 429: the outcome is unknown, and the same call may be retried."""


class GatewayRefused(GatewayError):
    """The provider refused the call (4xx) and will refuse it again.

    `code` is the provider's stable code (or the type of its error if there is none).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class PaymentGateway(Protocol):
    """A payment provider. Every method may raise GatewayUnavailable or GatewayRefused. None may be called inside a
    database transaction. All of them are safe to repeat."""

    provider: str

    def open_checkout(self, order: PaymentOrder) -> OpenedPayment:
        """Open the provider's cashier page for this order. The donor is sent to `url`."""

    def open_intent(self, order: PaymentOrder) -> OpenedPayment:
        """Open a payment that the client's own form confirms with `client_secret`."""

    def close(self, reference: str) -> ClosedAs:
        """Close a payment so that no (more) money can come for it, and return the state it had reached."""

    def state(self, reference: str) -> ClosedAs | None:
        """Return the state of a payment without changing it; None while the donor has not paid and still can."""

    def success_message(self, reference: str) -> Message | None:
        """Return the equivalent of the provider's message about a successful payment, in case it never arrived. Its
        id is the same each time. None if no money came."""

    def refund(self, payment_intent: str, refund_id: str | int, amount_minor: int, reason: str) -> RefundState:
        """Refund `amount_minor` fen once. `refund_id` is our own id and makes the call repeatable."""

    def statement(self, since: datetime, until: datetime) -> Iterator[StatementLine]:
        """Return every movement with since <= time < until, newest first."""

    def account(self) -> ProviderAccount:
        """Return our account as the provider reports it."""

    def endpoints(self) -> list[WebhookEndpoint]:
        """Return the endpoints to which the provider sends messages."""
