"""The two servers that play Stripe, each a process of its own, and a receiver for their webhooks."""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from embedded.process import Child, free_port
from payments.stripe import StripeGateway, verify_webhook
from tests.forked import Service

KEY = "sk_test_beishan0123"
SECRET = "whsec_beishan0123"
ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for a condition; AssertionError when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (result := true()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return result


class Receiver:
    """An endpoint for webhooks: keeps what came, checks each signature with our own verification."""

    def __init__(self) -> None:
        self.came: queue.Queue[Json] = queue.Queue()
        self.statuses: list[int] = []  # answers to give before going back to 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.statuses.pop(0) if outer.statuses else 200
                if status == 200:
                    outer.came.put(verify_webhook(body, self.headers["Stripe-Signature"], SECRET))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/stripe"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, kind: str, about: str = "", seconds: float = 60.0) -> Json:
        """The next event of this type, about this object if one is named; others are let go."""
        deadline = time.monotonic() + seconds
        while True:
            event = self.came.get(timeout=max(deadline - time.monotonic(), 0.001))
            if event["type"] == kind and about in ("", event["data"]["object"]["id"]):
                return event

    def nothing_for(self, seconds: float) -> bool:
        """True when no event comes for so long."""
        try:
            self.came.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def empty(self) -> list[Json]:
        """Everything that has come so far."""
        rows = []
        while not self.came.empty():
            rows.append(self.came.get())
        return rows


@dataclass
class Server:
    """One of the two, with raw HTTP for what the gateway does not do (a donor's side of things)."""

    name: str
    base: str
    receiver: Receiver
    child: Child
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False
        self.http.auth = (KEY, "")

    def gateway(self, *methods: str, timeout_s: float = 8) -> StripeGateway:
        return StripeGateway(KEY, self.base, methods or ("card",), timeout_s)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.http.get(self.base + path, params=params, timeout=10)

    def post(self, path: str, **form: Any) -> requests.Response:
        return self.http.post(self.base + path, data=form, timeout=10)

    def order(self, path: str, /, **fields: Any) -> Any:
        """An order to the sandbox (`/_sandbox/...`)."""
        response = self.http.post(f"{self.base}/_sandbox{path}", json=fields, timeout=10)
        assert response.status_code == 200, response.text
        return response.json()

    def confirm(self, intent: str, token: str = "pm_card_visa") -> Json:
        """What a client's payment form does: attach a test card, confirm."""
        attached = self.post(f"/v1/payment_intents/{intent}", payment_method=token)
        assert attached.status_code == 200, attached.text
        return self.post(f"/v1/payment_intents/{intent}/confirm").json()


def start_sandbox(folder: Path, receiver: Receiver, port: int | None = None) -> Server:
    """A sandbox whose data lies in `folder`; on the same folder and port, the same one again."""
    port = port or free_port()
    flags = {"port": port, "data": folder / "sandbox.sqlite", "api-key": KEY}
    flags |= {"webhook-url": receiver.url, "webhook-secret": SECRET, "webhook-events": "*"}
    args = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "sandbox", *args]
    child = Service(command, folder / "sandbox.log", dict(os.environ), ROOT).start()
    return _ready(Server("sandbox", f"http://127.0.0.1:{port}", receiver, child))


def start_localstripe(folder: Path, receiver: Receiver) -> Server:
    """localstripe, its webhook pointed at the receiver."""
    port = free_port()
    script = Path(__file__).with_name("localstripe_server.py")
    child = Child([sys.executable, str(script), str(port)], folder / "localstripe.log", cwd=folder).start()
    server = _ready(Server("localstripe", f"http://127.0.0.1:{port}", receiver, child))
    response = server.post("/_config/webhooks/beishan", url=receiver.url, secret=SECRET)
    assert response.status_code == 200, response.text
    return server


def _ready(server: Server) -> Server:
    def answers() -> bool:
        assert server.child.alive, server.child.log.read_text()
        try:
            return server.get("/v1/charges").status_code == 200
        except requests.ConnectionError:
            return False

    until(answers, 30)
    return server
