"""Events: stored with the change that they report and queued for the webhook, in one transaction."""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sandbox import objects
from sandbox.store import Store

# The API request that causes the current events: (request id, idempotency key).
CAUSE: ContextVar[tuple[str | None, str | None]] = ContextVar("cause", default=(None, None))


# The default subscription of an endpoint: exactly what Beishan needs, so that the demo shows what a real endpoint
# with the manual's list gets. A test compares it with `payments.facts.EVENT_TYPES`.
ENABLED_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "checkout.session.expired",
    "checkout.session.completed",
    "charge.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
)


@dataclass(slots=True)
class WebhookFault:
    """Makes the next `times` deliveries (of `type`, if given) go wrong: double, delay, drop or reorder."""

    kind: str
    times: int
    seconds: float = 0.0
    type: str | None = None


class Events:
    """Writes events and decides when and how often each is delivered."""

    def __init__(self, store: Store, enabled: frozenset[str]) -> None:
        self._store = store
        self.enabled = enabled  # types that are sent; "*" stands for all
        self._faults: list[WebhookFault] = []
        self._guard = threading.Lock()
        self.wake: Callable[[], None] = lambda: None

    def emit(self, kind: str, subject: dict[str, Any]) -> None:
        """Store the event with a snapshot of the object, and queue it if its type is enabled."""
        request_id, key = CAUSE.get()
        event = self._store.put(objects.event(kind, objects.public(subject), request_id, key))
        if "*" in self.enabled or kind in self.enabled:
            self._queue(event["id"], kind)

    def redeliver(self, event_id: str) -> None:
        """Send an event once more, now. Raises ApiError 404."""
        self._store.get("event", event_id)
        self._insert(event_id, "pending", time.time())
        self.wake()

    def add_fault(self, fault: WebhookFault) -> None:
        """Make the next deliveries go wrong."""
        with self._guard:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        """Deliver normally again, including what was held back."""
        with self._guard:
            self._faults.clear()
        self.release()

    def release(self, newest_first: bool = False) -> None:
        """Queue what was held back, in its original or in reversed order."""
        sign = "-" if newest_first else ""
        self._store.write(
            f"UPDATE deliveries SET state = 'pending', due_at = ? + {sign}id * 1e-6 WHERE state = 'held'",
            time.time(),
        )
        self.wake()

    def _queue(self, event_id: str, kind: str) -> None:
        fault = self._next_fault(kind)
        fault_kind = fault.kind if fault else None
        due = time.time() + (fault.seconds if fault and fault_kind == "delay" else 0)
        state = {"drop": "dropped", "reorder": "held"}.get(fault_kind or "", "pending")
        self._insert(event_id, state, due)
        if fault_kind == "double":
            self._insert(event_id, state, due)
        if fault and fault_kind == "reorder" and fault.times == 0:
            self.release(newest_first=True)

    def _next_fault(self, kind: str) -> WebhookFault | None:
        with self._guard:
            for fault in self._faults:
                if fault.type in (None, kind):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def _insert(self, event_id: str, state: str, due: float) -> None:
        self._store.write("INSERT INTO deliveries (event, due_at, state) VALUES (?, ?, ?)", event_id, due, state)
