"""What happens by itself when its time has come: promised money arrives, and open sessions end."""

import json
import time

from sandbox.instruments import Means
from sandbox.payments import Payments
from sandbox.store import Store


class Due:
    """Processes what is due in the store. A restart forgets nothing."""

    def __init__(self, store: Store, payments: Payments) -> None:
        self._store = store
        self._payments = payments

    def turn(self) -> float:
        """Do what is due; return the number of seconds until the next money is due (at most 5)."""
        self.collect()
        self.expire()
        rows = self._store.rows("SELECT min(due_at) AS next FROM money_to_come")
        if rows[0]["next"] is None:
            return 5.0
        return float(min(max(rows[0]["next"] - time.time(), 0.0), 5.0))

    def collect(self) -> None:
        """Take the money that is due, whatever has become of its session."""
        for row in self._store.rows("SELECT * FROM money_to_come WHERE due_at <= ?", time.time()):
            with self._store.transaction():
                if not self._store.write("DELETE FROM money_to_come WHERE intent = ?", row["intent"]):
                    continue
                intent = self._store.get("payment_intent", row["intent"])
                if intent["status"] in ("requires_action", "processing"):
                    self._payments.till.take(intent, Means(**json.loads(row["means"])))

    def expire(self) -> None:
        """End open sessions past their `expires_at`, as a call to expire them would."""
        rows = self._store.rows(
            "SELECT id FROM objects WHERE kind = 'checkout.session'"
            " AND json_extract(body, '$.status') = 'open' AND json_extract(body, '$.expires_at') <= ?",
            time.time(),
        )
        for row in rows:
            with self._store.transaction():
                if self._store.get("checkout.session", row["id"])["status"] == "open":
                    self._payments.expire(row["id"])
