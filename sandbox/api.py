"""`/v1/...`: authenticate the caller, find the call, read its parameters, and replay stored responses."""

import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.events import CAUSE
from sandbox.faults import Dropped, Faults, error_of
from sandbox.lists import expand
from sandbox.objects import API_VERSION, public
from sandbox.routes import Route
from sandbox.store import Store, new_id
from sandbox.wire import ApiError, nested

_REMEMBER_KEYS_S = 24 * 3600


class Api:
    """The WSGI callable behind `/v1/`. `journal` keeps the latest requests for inspection."""

    def __init__(
        self, store: Store, routes: list[Route], faults: Faults, api_key: str, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._routes = routes
        self._faults = faults
        self._api_key = api_key
        self._wake = wake
        self.journal: deque[dict[str, Any]] = deque(maxlen=1000)

    def __call__(self, request: Request) -> Response:
        """Answer one request. Raises Dropped when a fault swallows the response."""
        request_id = new_id("req_", 14)
        form = list((request.args if request.method == "GET" else request.form).items(multi=True))
        fault = self._faults.take(request.method, request.path)
        if fault and fault.kind == "drop_before":
            raise Dropped
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        try:
            error = error_of(fault.kind) if fault else None
            if error is not None:
                raise error
            status, body, replayed = self._handle(request, form, request_id)
        except ApiError as refusal:
            status, body, replayed = refusal.status, refusal.body, False
        self._wake()
        self._note(request, form, status, body)
        if fault and fault.kind == "drop_after":
            raise Dropped
        if fault and fault.kind == "delay_after":
            time.sleep(fault.seconds)
        return _response(request, status, body, request_id, replayed)

    def _note(self, request: Request, form: list[tuple[str, str]], status: int, body: Any) -> None:
        self.journal.append(
            {
                "method": request.method,
                "path": request.path,
                "params": form,
                "idempotency_key": request.headers.get("Idempotency-Key"),
                "version": request.headers.get("Stripe-Version"),
                "status": status,
                "body": body,
            }
        )

    def _handle(self, request: Request, form: list[tuple[str, str]], request_id: str) -> tuple[int, Any, bool]:
        key = self._key_given(request)
        route, id_ = self._route(request)
        params = route.takes.read(nested(form))
        self._check_key(key, route, params)
        name = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        CAUSE.set((request_id, name))
        if name is None:
            status, body = self._act(route, id_, params)
            return status, body, False
        return self._once(name, f"{request.path}\n{sorted(form)}", route, id_, params)

    def _key_given(self, request: Request) -> str:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[0]
            except ValueError:
                value = ""
        if hmac.compare_digest(value.encode(), self._api_key.encode()) or value.startswith("pk_"):
            return value
        raise ApiError(401, "Invalid API Key provided" if value else "You did not provide an API key.")

    def _check_key(self, key: str, route: Route, params: dict[str, Any]) -> None:
        if key.startswith("pk_") and not (route.public_key and "client_secret" in params):
            raise ApiError(401, "This API call cannot be made with a publishable API key.")

    def _route(self, request: Request) -> tuple[Route, str]:
        for route in self._routes:
            match = route.pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route, match[1] if match.groups() else ""
        raise ApiError(404, f"Unrecognized request URL ({request.method}: {request.path}).")

    def _act(self, route: Route, id_: str, params: dict[str, Any]) -> tuple[int, Any]:
        with self._store.transaction():
            status, result = route.act(id_, params)
            return status, expand(self._store, public(result), params.get("expand", []))

    def _once(
        self, key: str, payload: str, route: Route, id_: str, params: dict[str, Any]
    ) -> tuple[int, Any, bool]:
        """Return the response stored under this key, or store a new one with its effects in one transaction."""
        request = hashlib.sha256(payload.encode()).hexdigest()
        with self._store.transaction():
            self._store.write("DELETE FROM answers WHERE at < ?", time.time() - _REMEMBER_KEYS_S)
            for row in self._store.rows("SELECT * FROM answers WHERE key = ?", key):
                if row["request"] != request:
                    raise ApiError(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters they were"
                        f" first used with. Try using a key other than '{key}' if you meant to execute a"
                        " different request.",
                        kind="idempotency_error",
                    )
                return row["status"], json.loads(row["body"]), True
            try:
                with self._store.savepoint():
                    status, body = self._act(route, id_, params)
            except ApiError as refusal:  # store the refusal too, but not its partial effects
                status, body = refusal.status, refusal.body
            self._store.write(
                "INSERT INTO answers (key, request, status, body, at) VALUES (?, ?, ?, ?, ?)",
                key,
                request,
                status,
                json.dumps(body, ensure_ascii=False),
                time.time(),
            )
            return status, body, False


def _response(request: Request, status: int, body: Any, request_id: str, replayed: bool) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
    if "Idempotency-Key" in request.headers:
        response.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
