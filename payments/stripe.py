"""Stripe as a payment gateway: the only file that imports the provider's library.

The demo and the tests run this same code against another base address. Every POST that creates something carries
our idempotency key, so that a repeat after a lost response (also by another process) finds what the first call
created. The library's own retries are off, because they would multiply a time-out of 8 s while a donor waits.
Callers and jobs retry instead, with the same key.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import stripe
from requests.adapters import HTTPAdapter

from payments.facts import FactMalformed
from payments.gateway import (
    ClosedAs,
    GatewayRefused,
    GatewayUnavailable,
    OpenedPayment,
    PaymentOrder,
    ProviderAccount,
    RefundState,
    StatementLine,
    WebhookEndpoint,
)
from payments.messages import Message
from payments.stripe_statement import statement_line
from payments.stripe_wire import (
    checkout_params,
    event_in,
    intent_end,
    intent_params,
    intent_state,
    provider_account,
    refund_params,
    refund_state,
    session_end,
    session_state,
    signed_at,
    succeeded_message,
    unix_ceil,
    webhook_endpoint,
)

# The version against which the tests validate our requests; the library would send a newer one.
API_VERSION = "2026-05-27.dahlia"
_PAGE = 100  # the most that a list of the provider returns at once


class StripeGateway:
    """PaymentGateway over Stripe's HTTP API.

    If `api_base` is None, Stripe itself is called. `methods` are Stripe's payment method types in the order in
    which the cashier shows them. `timeout_s` bounds each connect and each read (seconds). One instance serves all
    threads and greenlets.
    """

    provider = "stripe"

    def __init__(self, secret_key: str, api_base: str | None, methods: Sequence[str], timeout_s: float = 8) -> None:
        self._methods = list(methods)
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout_s, session=_connections(api_base)),
        )

    def open_checkout(self, order: PaymentOrder) -> OpenedPayment:
        """Open a Checkout Session. Its payment intent carries our donation id too."""
        with _translated():
            try:
                session = self._create_session(order)
            except stripe.IdempotencyError:
                # Already opened by a call whose response was lost, in the language that the donor used then.
                session = self._create_session(replace(order, locale="zh" if order.locale == "en" else "en"))
            return OpenedPayment(self.provider, session["id"], session["url"], None)

    def _create_session(self, order: PaymentOrder) -> dict[str, Any]:
        params = checkout_params(order, self._methods)
        key = _key(f"donation:{order.donation_id}:checkout")
        return self._client.v1.checkout.sessions.create(params, key).to_dict()

    def open_intent(self, order: PaymentOrder) -> OpenedPayment:
        """Open a PaymentIntent with explicit method types."""
        with _translated():
            intent = self._client.v1.payment_intents.create(
                intent_params(order, self._methods),
                _key(f"donation:{order.donation_id}:intent"),
            ).to_dict()
            return OpenedPayment(self.provider, intent["id"], None, intent["client_secret"])

    def close(self, reference: str) -> ClosedAs:
        """Expire the session or cancel the intent; if Stripe refuses, read its state.

        No idempotency key: both calls are repeatable by nature, and a stored refusal ("is processing") replayed for
        24 hours would hide that the payment can be closed by now.
        """
        with _translated():
            if reference.startswith("cs_"):
                return self._close_session(reference)
            return self._close_intent(reference)

    def _close_session(self, reference: str) -> ClosedAs:
        sessions = self._client.v1.checkout.sessions
        try:
            session = sessions.expire(reference, {"expand": ["payment_intent"]})
        except stripe.InvalidRequestError as refusal:
            if refusal.http_status == 404:
                raise
            session = sessions.retrieve(reference, {"expand": ["payment_intent"]})
        return session_state(session.to_dict())

    def _close_intent(self, reference: str) -> ClosedAs:
        intents = self._client.v1.payment_intents
        try:
            intent = intents.cancel(reference)
        except stripe.InvalidRequestError as refusal:
            if refusal.http_status == 404:
                raise
            intent = intents.retrieve(reference)
        return intent_state(intent.to_dict()["status"])

    def state(self, reference: str) -> ClosedAs | None:
        """Read the session with its intent, or the intent, without changing anything."""
        with _translated():
            if reference.startswith("cs_"):
                sessions = self._client.v1.checkout.sessions
                return session_end(sessions.retrieve(reference, {"expand": ["payment_intent"]}).to_dict())
            return intent_end(self._client.v1.payment_intents.retrieve(reference).to_dict()["status"])

    def success_message(self, reference: str) -> Message | None:
        """Return the `payment_intent.succeeded` that should have arrived, built from the intent as it is now; its
        time is the charge's."""
        with _translated():
            if reference.startswith("cs_"):
                session = self._client.v1.checkout.sessions.retrieve(reference).to_dict()
                reference = session.get("payment_intent") or ""
            if not reference:
                return None
            intent = self._intent(reference)
            if intent["status"] != "succeeded":
                return None
            return succeeded_message(self.provider, intent)

    def refund(self, payment_intent: str, refund_id: str | int, amount_minor: int, reason: str) -> RefundState:
        """Refund once. Stripe forgets keys after 24 hours, so look for our refund by its metadata first."""
        with _translated():
            refund = self._known_refund(payment_intent, str(refund_id))
            if refund is None:
                refund = self._client.v1.refunds.create(
                    refund_params(payment_intent, str(refund_id), amount_minor, reason),
                    _key(f"refund:{refund_id}"),
                ).to_dict()
            return refund_state(self.provider, refund, self._intent(payment_intent))

    def _known_refund(self, payment_intent: str, refund_id: str) -> dict[str, Any] | None:
        page = self._client.v1.refunds.list({"payment_intent": payment_intent, "limit": _PAGE})
        for item in page.auto_paging_iter():
            refund: dict[str, Any] = item.to_dict()
            if (refund.get("metadata") or {}).get("refund_id") == refund_id:
                return refund
        return None

    def _intent(self, payment_intent: str) -> dict[str, Any]:
        params: Any = {"expand": ["latest_charge"]}
        intent: dict[str, Any] = self._client.v1.payment_intents.retrieve(payment_intent, params).to_dict()
        return intent

    def statement(self, since: datetime, until: datetime) -> Iterator[StatementLine]:
        """Return the balance transactions created in [since, until), page by page.

        A server that speaks Stripe's language but cannot filter by time (localstripe) is read whole.
        """
        created: Any = {"gte": unix_ceil(since), "lt": unix_ceil(until)}
        try:
            yield from self._lines({"created": created})
        except GatewayRefused as refusal:
            if "created" not in refusal.message:
                raise
            yield from (line for line in self._lines({}) if since <= line.occurred_at < until)

    def account(self) -> ProviderAccount:
        """Read the account, and its balance for the mode that the key belongs to."""
        with _translated():
            account = self._client.v1.accounts.retrieve_current()
            balance = self._client.v1.balance.retrieve()
            return provider_account(account.to_dict(), balance.to_dict(), _date_of(balance))

    def endpoints(self) -> list[WebhookEndpoint]:
        """List the webhook endpoints of the account."""
        with _translated():
            page = self._client.v1.webhook_endpoints.list({"limit": _PAGE})
            return [webhook_endpoint(endpoint.to_dict()) for endpoint in page.auto_paging_iter()]

    def _lines(self, chosen: dict[str, Any]) -> Iterator[StatementLine]:
        with _translated():
            params: Any = {**chosen, "limit": _PAGE, "expand": ["data.source"]}
            page = self._client.v1.balance_transactions.list(params)
            for line in page.auto_paging_iter():
                yield statement_line(line.to_dict())


def _connections(api_base: str | None) -> requests.Session:
    """Return one connection pool for all threads. The library's default is a pool per thread. With a greenlet per
    request, every donor would need a new connection (and a new TLS handshake)."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=64))
    session.mount("http://", HTTPAdapter(pool_maxsize=64))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # donors share no cookies
    session.trust_env = api_base is None  # a proxy may stand before Stripe, never before a local stand-in
    return session


def _date_of(result: stripe.StripeObject) -> str | None:
    """Return the HTTP header Date of a response, which shows the provider's clock."""
    response = result.last_response
    return response.headers.get("Date") if response is not None else None


def _key(name: str) -> Any:
    return {"idempotency_key": name}


@contextmanager
def _translated() -> Iterator[None]:
    """Translate the library's errors, and responses that lack a promised field, into ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error) from error
    except (KeyError, TypeError, AttributeError, FactMalformed) as error:
        raise GatewayRefused("answer_invalid", f"{type(error).__name__}: {error}") from error


def _translate(error: stripe.StripeError) -> GatewayUnavailable | GatewayRefused:
    status = error.http_status
    # 409 is Stripe's "the same key is being processed right now": another request of ours, so retry.
    if status is None or status >= 500 or status in (409, 429) or 200 <= status < 300:
        return GatewayUnavailable(f"{type(error).__name__}: {error.user_message or error}")
    kind = error.error.type if error.error is not None else None
    return GatewayRefused(error.code or kind or f"http_{status}", str(error.user_message or error))


class WebhookRejected(Exception):
    """An invalid or expired webhook. `code`: `signature_missing`, `signature_invalid`,
    `timestamp_out_of_tolerance` or `body_invalid`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def verify_webhook(payload: bytes, signature: str | None, secret: str, tolerance_s: int = 300) -> dict[str, Any]:
    """Return the event in `payload`, if the official library accepts its `Stripe-Signature` and its time is within
    `tolerance_s` seconds of now. Raises WebhookRejected and nothing else for any input."""
    if not signature:
        raise WebhookRejected("signature_missing")
    _check_signature(payload, signature, secret)
    if abs(time.time() - signed_at(signature)) > tolerance_s:
        # The library accepts times far in the future; such a message could be replayed for years.
        raise WebhookRejected("timestamp_out_of_tolerance")
    try:
        return event_in(payload)
    except ValueError as error:
        raise WebhookRejected("body_invalid") from error


def _check_signature(payload: bytes, signature: str, secret: str) -> None:
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=None)
    except UnicodeDecodeError as error:
        raise WebhookRejected("body_invalid") from error
    except (stripe.SignatureVerificationError, TypeError, ValueError) as error:
        # TypeError: hmac.compare_digest refuses text that is not ASCII.
        raise WebhookRejected("signature_invalid") from error
