"""Put the parts together behind one HTTP server on the loopback address."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.account import Account
from sandbox.aftermath import Aftermath
from sandbox.api import Api
from sandbox.cashier import Cashier
from sandbox.control import Control
from sandbox.deliver import Beat, Deliverer
from sandbox.due import Due
from sandbox.events import CAUSE, ENABLED_EVENTS, Events
from sandbox.faults import Dropped, Faults
from sandbox.payments import Payments
from sandbox.routes import routes
from sandbox.store import Store

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the sandbox. `webhook_events`: the types to send ("*": all). `public_url`: where donors' browsers
    find the cashier."""

    port: int
    data: Path
    api_key: str
    webhook_url: str | None
    webhook_secret: str
    webhook_events: frozenset[str] = frozenset(ENABLED_EVENTS)
    account_currency: str = "cny"
    public_url: str | None = None


class _Quiet(WSGIRequestHandler):
    """Logs no line per request, and has no Nagle delay on small responses."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do nothing, because the journal keeps the requests."""


class _Smaller(Request):
    max_content_length = 1_000_000
    max_form_memory_size = 1_000_000


class Application:
    """The WSGI application, which passes each path to its part."""

    def __init__(self, settings: Settings) -> None:
        store = Store(settings.data)
        events = Events(store, settings.webhook_events)
        payments = Payments(store, events)
        after = Aftermath(store, events)
        faults = Faults()
        deliverer = Deliverer(store, settings.webhook_url, settings.webhook_secret)
        self._mail = Beat("webhooks", deliverer.turn)
        self._tide = Beat("due", self._with_wake(Due(store, payments).turn))
        events.wake = self._mail.wake
        events.release()  # what a previous process held back
        account = Account(settings.account_currency, events, deliverer)
        base_url = settings.public_url or f"http://{HOST}:{settings.port}"
        api = Api(
            store,
            routes(store, payments, after, account, base_url.rstrip("/")),
            faults,
            settings.api_key,
            self._wake,
        )
        control = Control(store, payments, after, account, events, faults, deliverer, api, self._wake)
        cashier = Cashier(store, payments)
        self._parts: list[tuple[str, Callable[[Request], Response]]] = [
            ("/v1/", api),
            ("/_sandbox/", control),
            ("/pay/", self._woken(cashier)),
        ]
        self._front = cashier

    def start(self) -> None:
        """Start delivering and collecting."""
        self._mail.start()
        self._tide.start()

    def _wake(self) -> None:
        self._mail.wake()
        self._tide.wake()

    def _with_wake(self, turn: Callable[[], float]) -> Callable[[], float]:
        def turned() -> float:
            pause = turn()
            self._mail.wake()
            return pause

        return turned

    def _woken(self, part: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            response = part(request)
            self._wake()
            return response

        return answered

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request. A dropped one ends with a closed connection and no byte of a response."""
        CAUSE.set((None, None))
        try:
            return self._respond(_Smaller(environ))(environ, start_response)
        except RequestEntityTooLarge as refusal:
            return refusal(environ, start_response)
        except Dropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("dropped by order") from None

    def _respond(self, request: Request) -> Response:
        for prefix, part in self._parts:
            if request.path.startswith(prefix):
                return part(request)
        if request.path == "/":
            return self._front(request)
        if request.path == "/healthz":
            return Response("ok")
        return Response("not found", 404)


def serve(settings: Settings) -> BaseWSGIServer:
    """Return a server ready for `serve_forever`, with its background threads running."""
    application = Application(settings)
    server = make_server(HOST, settings.port, application, threaded=True, request_handler=_Quiet)
    application.start()
    return server
