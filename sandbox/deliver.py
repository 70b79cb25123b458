"""Background threads: they deliver webhooks, and collect due money or end due sessions."""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable

import requests

from sandbox.store import Store

log = logging.getLogger("sandbox")

RETRY_AFTER = (1, 3, 10, 30, 60, 300, 900)  # seconds; then hourly, for three days as Stripe does
_HOURLY = 3600
_MOST_ATTEMPTS = 80


def signature(payload: bytes, secret: str, at: int) -> str:
    """Return Stripe's signature header, scheme v1."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Beat(threading.Thread):
    """Calls `turn` when woken, and after the number of seconds that it last returned. Survives its errors."""

    def __init__(self, name: str, turn: Callable[[], float]) -> None:
        super().__init__(name=name, daemon=True)
        self._turn = turn
        self._bell = threading.Event()

    def wake(self) -> None:
        """Wake the thread, because there may be something to do."""
        self._bell.set()

    def run(self) -> None:
        """Run until the process ends."""
        pause = 0.0
        while True:
            self._bell.wait(pause)
            self._bell.clear()
            try:
                pause = self._turn()
            except Exception:
                log.exception("%s failed", self.name)
                pause = 1.0


class Deliverer:
    """Sends due webhooks one after another, in the order in which they are due."""

    def __init__(self, store: Store, url: str | None, secret: str) -> None:
        self._store = store
        self.url = url
        self.secret = secret
        self.paused = False
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy between two local processes

    def turn(self) -> float:
        """Send due webhooks; return the number of seconds until the next one is due."""
        while not self.paused and self.url is not None:
            rows = self._store.rows(
                "SELECT d.id, d.attempts, d.due_at, o.body FROM deliveries d JOIN objects o ON o.id = d.event"
                " WHERE d.state = 'pending' ORDER BY d.due_at, d.id LIMIT 1"
            )
            if not rows:
                return 30.0
            wait = rows[0]["due_at"] - time.time()
            if wait > 0:
                return float(min(wait, 30.0))
            status = self._send(rows[0]["body"], self.url)
            self._note(rows[0]["id"], rows[0]["attempts"], status)
        return 30.0

    def _send(self, body: str, url: str) -> int:
        payload = body.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (sandbox)",
            "Stripe-Signature": signature(payload, self.secret, int(time.time())),
        }
        try:
            response = self._http.post(url, payload, headers=headers, timeout=10, allow_redirects=False)
        except requests.RequestException as error:
            log.info("webhook not delivered: %s", type(error).__name__)
            return 0
        return response.status_code

    def _note(self, id_: int, attempts: int, status: int) -> None:
        if 200 <= status < 300:
            state, pause = "delivered", 0
        elif attempts + 1 >= _MOST_ATTEMPTS:
            state, pause = "given_up", 0
        else:
            state, pause = "pending", RETRY_AFTER[attempts] if attempts < len(RETRY_AFTER) else _HOURLY
        self._store.write(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_status = ?, due_at = ? WHERE id = ?",
            state,
            status,
            time.time() + pause,
            id_,
        )
