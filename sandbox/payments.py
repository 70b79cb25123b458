"""The life of a payment: opened, paid, declined, cancelled, expired; with the events of each step."""

import json
import time

from sandbox import objects
from sandbox.events import Events
from sandbox.instruments import Means, of_token
from sandbox.store import ApiObject, Store, now
from sandbox.till import Till
from sandbox.wire import ApiError, invalid

_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def unexpected(intent: ApiObject, verb: str) -> ApiError:
    """Return the error for a verb that the intent's status does not allow."""
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return ApiError(400, message, code="payment_intent_unexpected_state", payment_intent=objects.public(intent))


class Payments:
    """Sessions and intents. Every method is one transaction of the store."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events
        self.till = Till(store, events)

    def open_session(self, params: ApiObject, base_url: str) -> ApiObject:
        """Open a Checkout Session. Raises ApiError if it would end too early or too late."""
        ends = params.get("expires_at")
        if ends is not None and not now() + 1800 <= ends <= now() + 86_400:
            raise invalid(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session"
                " creation.",
                "expires_at",
            )
        session = objects.session(params, base_url)
        needs_client = "wechat_pay" in session["payment_method_types"]
        if needs_client and "wechat_pay" not in params.get("payment_method_options", {}):
            raise invalid("wechat_pay needs a client", "payment_method_options[wechat_pay][client]")
        session["_intent_data"] = params.get("payment_intent_data", {})
        session["_label"] = params["line_items"][0]["price_data"]["product_data"]["name"]
        return self._store.put(session)

    def open_intent(self, params: ApiObject) -> ApiObject:
        """Open a PaymentIntent, with a payment method if one is named."""
        with self._store.transaction():
            intent = objects.intent(params)
            if "payment_method" in params:
                self.till.attach(intent, of_token(params["payment_method"]))
            self._store.put(intent)
            self._events.emit("payment_intent.created", intent)
            return intent

    def update_intent(self, id_: str, params: ApiObject) -> ApiObject:
        """Set another payment method, or add metadata."""
        with self._store.transaction():
            intent = self._store.get("payment_intent", id_)
            if "payment_method" in params:
                if intent["status"] not in _PAYABLE:
                    raise unexpected(intent, "update")
                self.till.attach(intent, of_token(params["payment_method"]))
            intent["metadata"] = intent["metadata"] | params.get("metadata", {})
            return self._store.put(intent)

    def confirm(self, id_: str, token: str | None) -> ApiObject:
        """Try to take the money now. The returned intent may be one whose attempt was declined."""
        with self._store.transaction():
            intent = self._store.get("payment_intent", id_)
            if intent["status"] not in _PAYABLE:
                raise unexpected(intent, "confirm")
            if token is not None:
                self.till.attach(intent, of_token(token))
            if "_means" not in intent:
                raise invalid("A payment method is required to confirm.", "payment_method")
            return self.till.take(intent, Means(**intent["_means"]))

    def cancel(self, id_: str, reason: str | None) -> ApiObject:
        """Cancel an intent, so that no money can come any more."""
        with self._store.transaction():
            intent = self._store.get("payment_intent", id_)
            if intent["status"] not in _CANCELLABLE:
                raise unexpected(intent, "cancel")
            if self.till.session_of(id_) is not None:
                raise ApiError(400, "This PaymentIntent belongs to a Checkout Session: expire the Session.")
            self._store.write("DELETE FROM money_to_come WHERE intent = ?", id_)
            return self._cancelled(intent, reason)

    def expire(self, id_: str) -> ApiObject:
        """Close an open session. Money already promised by a wallet may still come, on purpose."""
        with self._store.transaction():
            session = self._store.get("checkout.session", id_)
            if session["status"] != "open":
                raise ApiError(
                    400,
                    'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session'
                    f" has a status of {session['status']}.",
                )
            session["status"] = "expired"
            session["url"] = None
            self._store.put(session)
            self._events.emit("checkout.session.expired", session)
            if session["payment_intent"] is not None:
                self._end_with_session(session["payment_intent"])
            return session

    def _end_with_session(self, intent_id: str) -> None:
        intent = self._store.get("payment_intent", intent_id)
        coming = self._store.rows("SELECT 1 FROM money_to_come WHERE intent = ?", intent_id)
        if intent["status"] in _CANCELLABLE and not coming:
            self._cancelled(intent, "expired")

    def _cancelled(self, intent: ApiObject, reason: str | None) -> ApiObject:
        intent |= {
            "status": "canceled",
            "canceled_at": now(),
            "cancellation_reason": reason,
            "next_action": None,
        }
        self._store.put(intent)
        self._events.emit("payment_intent.canceled", intent)
        return intent

    def payable(self, reference: str) -> ApiObject:
        """Return the intent of a session, or the intent itself, ready for an attempt. Raises ApiError."""
        if not reference.startswith("cs_"):
            intent = self._store.get("payment_intent", reference)
            if intent["status"] not in _PAYABLE:
                raise unexpected(intent, "pay")
            return intent
        session = self._store.get("checkout.session", reference)
        if session["status"] != "open":
            raise ApiError(400, f"This Checkout Session is {session['status']}.", code="session_not_open")
        if session["payment_intent"] is not None:
            return self._store.get("payment_intent", session["payment_intent"])
        return self._first_attempt(session)

    def _first_attempt(self, session: ApiObject) -> ApiObject:
        intent = objects.intent(
            {
                "amount": session["amount_total"],
                "currency": session["currency"],
                "payment_method_types": session["payment_method_types"],
                "metadata": session["_intent_data"].get("metadata", {}),
            }
        )
        session["payment_intent"] = intent["id"]
        self._store.put(session)
        self._store.put(intent)
        self._events.emit("payment_intent.created", intent)
        return intent

    def pay(self, reference: str, means: Means) -> ApiObject:
        """Pay now, as the donor."""
        with self._store.transaction():
            intent = self.payable(reference)
            self.till.attach(intent, means)
            return self.till.take(intent, means)

    def pay_later(self, reference: str, means: Means, seconds: float, processing: bool) -> ApiObject:
        """Let the money come after `seconds`. With `processing` the bank is at work and the session is complete.
        Otherwise the wallet waits for the donor, the session stays open, and the money comes even if the session
        has expired by then."""
        with self._store.transaction():
            intent = self.payable(reference)
            self.till.attach(intent, means)
            self._store.write(
                "INSERT OR REPLACE INTO money_to_come (intent, due_at, means) VALUES (?, ?, ?)",
                intent["id"],
                time.time() + seconds,
                json.dumps(means.plain()),
            )
            intent["status"] = "processing" if processing else "requires_action"
            if not processing:
                action = {"return_url": None, "url": f"https://wallet.invalid/{intent['id']}"}
                intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": action}
            self._store.put(intent)
            self._events.emit(f"payment_intent.{intent['status']}", intent)
            session = self.till.session_of(intent["id"])
            if processing and session is not None:
                session |= {"status": "complete", "url": None, "customer_details": objects.payer()}
                self._store.put(session)
                self._events.emit("checkout.session.completed", session)
            return intent
