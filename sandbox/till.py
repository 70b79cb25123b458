"""Attempts to take the money, and their consequences."""

import json

from sandbox import objects, objects_after
from sandbox.events import Events
from sandbox.instruments import Means
from sandbox.store import ApiObject, Store, new_id


class Till:
    """Takes payments, within the caller's transaction."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def attach(self, intent: ApiObject, means: Means) -> None:
        """Set what the next attempt pays with."""
        intent["payment_method"] = new_id("pm_")
        intent["_means"] = means.plain()
        if intent["status"] == "requires_payment_method":
            intent["status"] = "requires_confirmation"

    def session_of(self, intent_id: str) -> ApiObject | None:
        """Return the session that led to this intent; None if there is none."""
        rows = self._store.rows(
            "SELECT body FROM objects WHERE payment_intent = ? AND kind = 'checkout.session'", intent_id
        )
        return json.loads(rows[0]["body"]) if rows else None

    def take(self, intent: ApiObject, means: Means) -> ApiObject:
        """Attempt to take the money, within the caller's transaction."""
        charge = objects.charge(intent, means.details, means.declined)
        intent["latest_charge"] = charge["id"]
        if means.declined is not None:
            return self._declined(intent, charge, means.declined)
        kind = "charge" if means.details["type"] == "card" else "payment"
        line = objects_after.transaction(
            kind, "charge", charge, charge["amount"], objects_after.fee_of(charge["amount"])
        )
        charge["balance_transaction"] = line["id"]
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "next_action": None}
        intent["last_payment_error"] = None
        for changed in (line, charge, intent):
            self._store.put(changed)
        self._events.emit("charge.succeeded", charge)
        self._events.emit("payment_intent.succeeded", intent)
        self._complete_session(intent["id"])
        return intent

    def _declined(self, intent: ApiObject, charge: ApiObject, code: str) -> ApiObject:
        intent |= {"status": "requires_payment_method", "payment_method": None}
        intent.pop("_means", None)
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": code,
            "message": "Your card was declined.",
            "charge": charge["id"],
        }
        self._store.put(charge)
        self._store.put(intent)
        self._events.emit("charge.failed", charge)
        self._events.emit("payment_intent.payment_failed", intent)
        return intent

    def _complete_session(self, intent_id: str) -> None:
        session = self.session_of(intent_id)
        if session is None:
            return
        outcome = "async_payment_succeeded" if session["status"] == "complete" else "completed"
        was_open = session["status"] != "expired"
        session["payment_status"] = "paid"
        if was_open:
            session |= {"status": "complete", "url": None, "customer_details": objects.payer()}
        self._store.put(session)
        if was_open:
            self._events.emit(f"checkout.session.{outcome}", session)
