"""PURE. Stripe's wire format, without its library: the requests that we send and the meaning of its responses."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from kernel.errors import Invalid
from kernel.strict_json import load_json
from payments.gateway import (
    ClosedAs,
    GatewayUnavailable,
    PaymentOrder,
    ProviderAccount,
    RefundState,
    WebhookEndpoint,
)
from payments.messages import Message, message

# Stripe lets a session expire 30 minutes after its creation at the earliest. The reservation's end plus 31 minutes
# is always late enough. Unlike "now plus 31 minutes" it is the same in every repeat of the call, and the
# idempotency key refuses changed parameters. We close the session ourselves when the reservation ends.
_SESSION_OUTLIVES_RESERVATION = timedelta(minutes=31)


def checkout_params(order: PaymentOrder, methods: Sequence[str]) -> Any:
    """Return the parameters of a Checkout Session with one line. Our id is on the session and its intent."""
    metadata = {"donation_id": str(order.donation_id)}
    price = {
        "currency": order.currency.lower(),
        "unit_amount": order.amount_minor,
        "product_data": {"name": order.label},
    }
    params: dict[str, Any] = {
        "mode": "payment",
        "submit_type": "donate",
        "locale": order.locale,
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_method_types": methods,
        "client_reference_id": str(order.donation_id),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": unix_ceil(order.expires_at + _SESSION_OUTLIVES_RESERVATION),
    }
    if "wechat_pay" in methods:
        params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
    return params


def unix_ceil(moment: datetime) -> int:
    """Return Unix seconds, rounded up. Stripe's times are whole seconds, so `>=` and `<` keep their meaning."""
    return -int(-moment.timestamp() // 1)


def intent_params(order: PaymentOrder, methods: Sequence[str]) -> Any:
    """Return the parameters of a PaymentIntent with explicit method types, and none that only some servers know."""
    return {
        "amount": order.amount_minor,
        "currency": order.currency.lower(),
        "payment_method_types": list(methods),
        "metadata": {"donation_id": str(order.donation_id)},
    }


def refund_params(payment_intent: str, refund_id: str, amount_minor: int, reason: str) -> Any:
    """Return the parameters of a refund that carries our id. Our reason is free text, but Stripe's own field takes
    only three words."""
    return {
        "payment_intent": payment_intent,
        "amount": amount_minor,
        "metadata": {"refund_id": refund_id, "reason": reason[:500]},
    }


def succeeded_message(provider: str, intent: dict[str, Any]) -> Message:
    """Return the `payment_intent.succeeded` event of an intent (its latest charge embedded)."""
    event = {
        "id": f"told:{intent['id']}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": intent["latest_charge"]["created"],
        "data": {"object": intent},
    }
    return message(provider, event["id"], event, compare=False)


def provider_account(account: dict[str, Any], balance: dict[str, Any], date: str | None) -> ProviderAccount:
    """Read an account, its balance, and the Date header of the response."""
    held = [amount["currency"] for amount in balance["available"]]
    return ProviderAccount(
        account=account["id"],
        currency=str(account.get("default_currency") or (held or [""])[0]).upper(),
        livemode=bool(balance["livemode"]),
        charges_enabled=bool(account.get("charges_enabled", True)),
        clock=parsedate_to_datetime(date) if date else None,
    )


def webhook_endpoint(endpoint: dict[str, Any]) -> WebhookEndpoint:
    """Read a webhook endpoint."""
    return WebhookEndpoint(
        url=endpoint["url"],
        events=frozenset(endpoint["enabled_events"]),
        livemode=bool(endpoint["livemode"]),
        enabled=endpoint["status"] == "enabled",
    )


def refund_state(provider: str, refund: dict[str, Any], intent: dict[str, Any]) -> RefundState:
    """Read a refund and the intent that it belongs to (its latest charge embedded)."""
    status = _REFUND_STATUS[refund["status"]]
    return RefundState(
        provider_refund=refund["id"],
        refunded_total_minor=int(intent["latest_charge"]["amount_refunded"]),
        status=status,
        occurred_at=datetime.fromtimestamp(refund["created"], UTC),
        message=_refund_message(provider, refund, intent),
    )


def _refund_message(provider: str, refund: dict[str, Any], intent: dict[str, Any]) -> Message:
    """Return the equivalent of the provider's own event about this refund, the same in a repeated call."""
    names = ("id", "object", "amount", "currency", "status", "created", "charge")
    summary = {name: refund.get(name) for name in names}
    event = {
        "id": f"answer:{refund['id']}:{refund['status']}",
        "object": "event",
        "type": "refund.updated",
        "created": refund["created"],
        "data": {"object": summary | {"payment_intent": intent["id"], "metadata": {}}},
    }
    return message(provider, event["id"], event, compare=False)


_REFUND_STATUS: Mapping[str, Any] = {
    "succeeded": "succeeded",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "failed",
    "canceled": "failed",
}


def session_state(session: dict[str, Any]) -> ClosedAs:
    """Read the state of a session (its intent embedded) after we asked to expire it. Raises GatewayUnavailable."""
    state = session_end(session)
    if state is None:
        raise GatewayUnavailable("the session is still open after it was to be closed")
    return state


def session_end(session: dict[str, Any]) -> ClosedAs | None:
    """Read the state of a session (its intent embedded); None while the donor has not paid and still can."""
    if session["payment_status"] == "paid":
        return ClosedAs.PAID
    intent = session.get("payment_intent")
    status = intent["status"] if isinstance(intent, dict) else None
    if status == "succeeded":
        return ClosedAs.PAID
    if status in ("processing", "requires_capture"):
        return ClosedAs.PROCESSING
    if session["status"] == "expired":
        return ClosedAs.CLOSED
    if session["status"] == "complete":  # a delayed method: the intent has not ended yet
        return ClosedAs.CLOSED if status == "canceled" else ClosedAs.PROCESSING
    return None


def intent_state(status: str) -> ClosedAs:
    """Read the state of an intent after we asked to cancel it. Raises GatewayUnavailable."""
    state = intent_end(status)
    if state is None:
        raise GatewayUnavailable(f"the payment is {status} after it was to be cancelled")
    return state


def intent_end(status: str) -> ClosedAs | None:
    """Read the state of an intent; None while the donor has not paid and still can."""
    return {
        "canceled": ClosedAs.CLOSED,
        "succeeded": ClosedAs.PAID,
        "processing": ClosedAs.PROCESSING,
        "requires_capture": ClosedAs.PROCESSING,
    }.get(status)


def signed_at(signature: str) -> int:
    """Return the time (Unix seconds) in a header that the library verified; if it has several `t=`, the first."""
    times = [part.split("=", 2)[1] for part in signature.split(",") if part.split("=", 2)[0] == "t"]
    return int(times[0])


def event_in(payload: bytes) -> dict[str, Any]:
    """Return the event in a webhook's body. Raises ValueError if it is not an event."""
    try:
        event = load_json(payload)
    except Invalid as error:
        raise ValueError("not JSON") from error
    if not isinstance(event, dict) or event.get("object") != "event":
        raise ValueError("not an event")
    if not all(isinstance(event.get(name), str) and event[name] for name in ("id", "type")):
        raise ValueError("an event without id or type")
    return event
