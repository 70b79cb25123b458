"""The calls of the API: method and path, parameters, and action."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import lists, params
from sandbox.account import Account
from sandbox.aftermath import Aftermath
from sandbox.objects import public
from sandbox.payments import Payments
from sandbox.store import ApiObject, Store
from sandbox.wire import Group, missing


@dataclass(frozen=True, slots=True)
class Route:
    """One call. `act` takes the id in the path ("" without one) and the parsed parameters; it returns status and
    body."""

    method: str
    pattern: re.Pattern[str]
    takes: Group
    act: Callable[[str, ApiObject], tuple[int, ApiObject]]
    public_key: bool = False  # a browser may call it with a publishable key and the client secret


def routes(store: Store, payments: Payments, after: Aftermath, account: Account, base_url: str) -> list[Route]:
    """Return all calls."""

    def route(method: str, path: str, takes: Group, act: Callable[[str, ApiObject], Any]) -> Route:
        pattern = re.compile(re.escape(path).replace("ID", "([A-Za-z0-9_]+)"))

        def respond(id_: str, values: ApiObject) -> tuple[int, ApiObject]:
            result = act(id_, values)
            return result if isinstance(result, tuple) else (200, result)

        return Route(method, pattern, takes, respond, path in _FOR_BROWSERS)

    def getter(kind: str) -> Callable[[str, ApiObject], ApiObject]:
        return lambda id_, _: store.get(kind, id_)

    def confirmed(id_: str, values: ApiObject) -> tuple[int, ApiObject]:
        _check_secret(store, id_, values)
        return _attempt(payments.confirm(id_, values.get("payment_method")))

    def created(_: str, values: ApiObject) -> tuple[int, ApiObject]:
        intent = payments.open_intent(values)
        return _attempt(payments.confirm(intent["id"], None)) if values.get("confirm") else (200, intent)

    def intent(id_: str, values: ApiObject) -> ApiObject:
        _check_secret(store, id_, values)
        return store.get("payment_intent", id_)

    only = params.ONLY_EXPAND
    cancel = lambda i, g: payments.cancel(i, g.get("cancellation_reason"))  # noqa: E731
    routes = [
        route(
            "POST",
            "/v1/checkout/sessions",
            params.SESSION_CREATE,
            lambda _, g: payments.open_session(g, base_url),
        ),
        route("POST", "/v1/checkout/sessions/ID/expire", only, lambda i, _: payments.expire(i)),
        route("GET", "/v1/checkout/sessions/ID", only, getter("checkout.session")),
        route("POST", "/v1/payment_intents", params.INTENT_CREATE, created),
        route("GET", "/v1/payment_intents/search", params.INTENT_SEARCH, lambda _, g: lists.search(store, g)),
        route("GET", "/v1/payment_intents/ID", params.INTENT_RETRIEVE, intent),
        route("POST", "/v1/payment_intents/ID", params.INTENT_UPDATE, payments.update_intent),
        route("POST", "/v1/payment_intents/ID/confirm", params.INTENT_CONFIRM, confirmed),
        route("POST", "/v1/payment_intents/ID/cancel", params.INTENT_CANCEL, cancel),
        route("GET", "/v1/account", only, lambda _, __: account.account()),
        route("GET", "/v1/balance", only, lambda _, __: account.balance()),
        route("GET", "/v1/webhook_endpoints", params.PLAIN_LIST, lambda _, __: account.endpoints()),
        route("POST", "/v1/refunds", params.REFUND_CREATE, lambda _, g: after.refund(g)),
    ]
    for path, kind, takes in _LISTED:
        routes.append(route("GET", path, takes, _lister(store, kind, path)))
        if kind != "checkout.session" and kind != "payment_intent":
            routes.append(route("GET", f"{path}/ID", only, getter(kind)))
    return routes


_FOR_BROWSERS = ("/v1/payment_intents/ID", "/v1/payment_intents/ID/confirm")
_LISTED = (
    ("/v1/checkout/sessions", "checkout.session", params.SESSION_LIST),
    ("/v1/payment_intents", "payment_intent", params.INTENT_LIST),
    ("/v1/charges", "charge", params.CHARGE_LIST),
    ("/v1/refunds", "refund", params.REFUND_LIST),
    ("/v1/balance_transactions", "balance_transaction", params.TRANSACTION_LIST),
    ("/v1/events", "event", params.EVENT_LIST),
    ("/v1/disputes", "dispute", params.DISPUTE_LIST),
    ("/v1/payouts", "payout", params.PAYOUT_LIST),
)


def _lister(store: Store, kind: str, path: str) -> Callable[[str, ApiObject], ApiObject]:
    return lambda _, values: lists.listing(store, kind, path, values)


def _check_secret(store: Store, id_: str, values: ApiObject) -> None:
    """Check the client secret by which a browser proves that this is its payment. Raises ApiError 404."""
    secret = values.get("client_secret")
    if secret is not None and store.get("payment_intent", id_)["client_secret"] != secret:
        raise missing("payment_intent", id_)


def _attempt(intent: ApiObject) -> tuple[int, ApiObject]:
    """Return the response to an attempt. A declined one is an error whose effects stay."""
    error = intent["last_payment_error"]
    if intent["status"] != "requires_payment_method" or error is None:
        return 200, intent
    return 402, {"error": error | {"payment_intent": public(intent)}}
