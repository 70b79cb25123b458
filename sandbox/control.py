"""`/_sandbox/...`: commands to the sandbox from tests and benchmarks, with JSON requests and responses."""

import json
import re
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.account import Account
from sandbox.aftermath import Aftermath
from sandbox.api import Api
from sandbox.deliver import Deliverer
from sandbox.events import Events, WebhookFault
from sandbox.faults import KINDS, Fault, Faults
from sandbox.instruments import Means, chosen
from sandbox.objects import public
from sandbox.past import load
from sandbox.payments import Payments
from sandbox.store import Store
from sandbox.wire import ApiError, invalid

Command = dict[str, Any]
_WEBHOOK_KINDS = ("double", "delay", "drop", "reorder")


class Control:
    """The callable behind `/_sandbox/`."""

    def __init__(
        self,
        store: Store,
        payments: Payments,
        after: Aftermath,
        account: Account,
        events: Events,
        faults: Faults,
        deliverer: Deliverer,
        api: Api,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._payments = payments
        self._after = after
        self._account = account
        self._events = events
        self._faults = faults
        self._deliverer = deliverer
        self._api = api
        self._wake = wake

    def __call__(self, request: Request) -> Response:
        """Run one command; return 400 if it is malformed."""
        try:
            command = _json(request)
            body = self._do(request.method, request.path.removeprefix("/_sandbox"), command)
            status = 200
        except ApiError as refusal:
            status, body = refusal.status, refusal.body
        except (KeyError, TypeError, ValueError) as error:
            message = f"{type(error).__name__}: {error}"
            status, body = 400, {"error": {"type": "invalid_request_error", "message": message}}
        self._wake()
        return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")

    def _do(self, method: str, path: str, command: Command) -> Any:
        closing = re.fullmatch(r"/disputes/(du_[A-Za-z0-9]+)/close", path)
        if method == "POST" and closing:
            won = {"won": True, "lost": False}[command["outcome"]]
            return public(self._after.close_dispute(closing[1], won))
        reviewed = re.fullmatch(r"/disputes/(du_[A-Za-z0-9]+)/review", path)
        if method == "POST" and reviewed:
            return public(self._after.review_dispute(reviewed[1]))
        failing = re.fullmatch(r"/refunds/(re_[A-Za-z0-9]+)/fail", path)
        if method == "POST" and failing:
            return public(self._after.fail_refund(failing[1]))
        unpaid = re.fullmatch(r"/payouts/(po_[A-Za-z0-9]+)/fail", path)
        if method == "POST" and unpaid:
            return public(self._after.fail_payout(unpaid[1]))
        orders: dict[tuple[str, str], Callable[[Command], Any]] = {
            ("POST", "/pay"): self._pay,
            ("POST", "/past"): lambda g: {"new": load(self._store, g["payments"])},
            ("POST", "/disputes"): self._dispute,
            ("POST", "/account"): self._account.change,
            ("POST", "/warnings"): lambda g: public(self._after.warn(str(g["charge"]))),
            ("POST", "/fees"): lambda g: public(self._after.charge_account(str(g["kind"]), int(g["amount"]))),
            ("POST", "/payouts"): lambda _: self._after.pay_out(),
            ("GET", "/faults"): lambda _: self._faults.plain(),
            ("POST", "/faults"): self._fault,
            ("DELETE", "/faults"): lambda _: self._faults.clear(),
            ("GET", "/requests"): lambda _: list(self._api.journal),
            ("DELETE", "/requests"): lambda _: self._api.journal.clear(),
            ("GET", "/state"): lambda _: self._state(),
            ("GET", "/webhooks"): lambda _: self._webhooks(),
            ("POST", "/webhooks/endpoint"): self._endpoint,
            ("POST", "/webhooks/faults"): self._webhook_fault,
            ("DELETE", "/webhooks/faults"): lambda _: self._events.clear_faults(),
            ("POST", "/webhooks/pause"): lambda _: self._pause(True),
            ("POST", "/webhooks/resume"): lambda _: self._pause(False),
            ("POST", "/webhooks/redeliver"): lambda g: self._events.redeliver(g["event"]),
        }
        if (method, path) not in orders:
            raise ApiError(404, f"No such order: {method} {path}")
        return orders[method, path](command)

    def _pay(self, command: Command) -> Command:
        """Pay a session or an intent: `{reference, method?, card?, account?, decline?, after_s?, processing?}`."""
        declined = command.get("decline")
        means: Means = chosen(
            command.get("method", "card"),
            str(command.get("card", "4242424242424242")),
            str(command.get("account", "donor")),
            "generic_decline" if declined is True else declined,
        )
        reference = str(command["reference"])
        if "after_s" not in command:
            return public(self._payments.pay(reference, means))
        seconds = float(command["after_s"])
        return public(self._payments.pay_later(reference, means, seconds, bool(command.get("processing"))))

    def _dispute(self, command: Command) -> Command:
        charge = command.get("charge")
        if charge is None:
            charge = self._store.get("payment_intent", command["payment_intent"])["latest_charge"]
        return public(self._after.open_dispute(str(charge), command.get("amount")))

    def _fault(self, command: Command) -> None:
        fault = Fault(**command)
        if fault.kind not in KINDS:
            raise invalid(f"kind must be one of {', '.join(KINDS)}", "kind")
        self._faults.add(fault)

    def _webhook_fault(self, command: Command) -> None:
        fault = WebhookFault(**command)
        if fault.kind not in _WEBHOOK_KINDS:
            raise invalid(f"kind must be one of {', '.join(_WEBHOOK_KINDS)}", "kind")
        self._events.add_fault(fault)

    def _endpoint(self, command: Command) -> None:
        self._deliverer.url = command["url"]
        self._deliverer.secret = command.get("secret", self._deliverer.secret)

    def _pause(self, paused: bool) -> None:
        self._deliverer.paused = paused

    def _state(self) -> Command:
        counts = self._store.rows("SELECT kind, count(*) AS n FROM objects GROUP BY kind")
        money = self._store.rows("SELECT intent, due_at FROM money_to_come")
        return {
            "objects": {row["kind"]: row["n"] for row in counts},
            "money_to_come": [dict(row) for row in money],
        }

    def _webhooks(self) -> Command:
        counts = self._store.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
        waiting = self._store.rows(
            "SELECT event, due_at, attempts, state, last_status FROM deliveries"
            " WHERE state IN ('pending', 'held') ORDER BY due_at, id LIMIT 100"
        )
        return {
            "url": self._deliverer.url,
            "paused": self._deliverer.paused,
            "counts": {row["state"]: row["n"] for row in counts},
            "waiting": [dict(row) for row in waiting],
        }


def _json(request: Request) -> Command:
    if request.method != "POST":
        return {}
    # Requiring JSON keeps web pages out: a form of another site cannot send it without a CORS preflight.
    if request.mimetype != "application/json":
        raise ApiError(415, "Send application/json.")
    command = json.loads(request.get_data() or b"{}")
    if not isinstance(command, dict):
        raise ApiError(400, "Send a JSON object.")
    return command
