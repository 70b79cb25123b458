"""A made-up provider: it moves money, keeps a balance, sends its messages and shows its statement over HTTP.

Bodies have the form of Stripe's published objects. Times are the test's clock, amounts fen. What it holds for us is
worked out from its own lines alone, so that our books can be compared with it.
"""

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

from campaigns.donations.view import DonationView
from kernel.clock import FixedClock
from payments.stripe import StripeGateway

Json = dict[str, Any]
FEE_BPS = 60
RATES = {"cny": 1, "usd": 7}  # the account settles in yuan


def _values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@dataclass
class MadeUpProvider:
    """`say` gets each message: its type and its object."""

    clock: FixedClock
    messages: list[tuple[str, Json, datetime]] = field(default_factory=list)
    lines: list[Json] = field(default_factory=list)
    charges: dict[str, Json] = field(default_factory=dict)
    things: dict[str, Json] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # idempotency keys and the refunds made under them

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlparse(self.path)
                self._answer(200, outer.shown(address.path, _values(address.query)))

            def do_POST(self) -> None:
                form = _values(self.rfile.read(int(self.headers["Content-Length"])).decode())
                assert self.path == "/v1/refunds", self.path
                self._answer(*outer.asked_to_refund(form, self.headers["Idempotency-Key"]))

            def _answer(self, status: int, subject: Json) -> None:
                body = json.dumps(subject).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def gateway(self) -> StripeGateway:
        return StripeGateway("sk_test_made_up", f"http://127.0.0.1:{self._server.server_port}", ("card",))

    def shown(self, path: str, query: dict[str, str]) -> Json:
        """What it shows at an address: a payment with its charge, the refunds of one, or lines of the balance."""
        if path.startswith("/v1/payment_intents/"):
            charge = self.charges[path.rpartition("/")[2].replace("pi_", "ch_", 1)]
            return {"id": charge["payment_intent"], "object": "payment_intent", "latest_charge": charge}
        if path == "/v1/refunds":
            own = [refund for refund in self.things.values() if refund["object"] == "refund"]
            chosen = [own_refund for own_refund in own if own_refund["payment_intent"] == query["payment_intent"]]
            return {"object": "list", "url": path, "data": chosen, "has_more": False}
        return self.page(query)

    def page(self, query: dict[str, str]) -> Json:
        """One page of the balance transactions, newest first."""
        since, until = int(query.get("created[gte]", 0)), int(query.get("created[lt]", 2**40))
        chosen = [line for line in reversed(self.lines) if since <= line["created"] < until]
        if after := query.get("starting_after"):
            chosen = chosen[[line["id"] for line in chosen].index(after) + 1 :]
        limit = int(query.get("limit", 10))
        return {
            "object": "list",
            "url": "/v1/balance_transactions",
            "data": chosen[:limit],
            "has_more": len(chosen) > limit,
        }

    def held(self, foreign: bool = False) -> int:
        """What it holds for us in fen: all lines, less fees; `foreign` with what belongs to another shop."""
        own = [line for line in self.lines if foreign or not line["source"].get("other_shop")]
        return sum(line["amount"] - line["fee"] for line in own)

    def asked_to_refund(self, form: dict[str, str], key: str) -> tuple[int, Json]:
        """A refund that we ask for, once per key; pending for now. More than is left is refused."""
        charge = self.charges[form["payment_intent"].replace("pi_", "ch_", 1)]
        if key not in self.keys:
            if int(form["amount"]) > charge["amount"] - charge["amount_refunded"]:
                return 400, {"error": {"type": "invalid_request_error", "message": "more than is left"}}
            self.keys[key] = self.refund(charge["id"], int(form["amount"]), "pending")
            self.things[self.keys[key]]["metadata"] = {"refund_id": form["metadata[refund_id]"]}
        return 200, self.things[self.keys[key]]

    # What happens there

    def pay(self, donation: DonationView, amount: int | None = None, currency: str = "cny", again: str = "") -> str:
        """A donor pays; returns the charge. Another amount or currency than asked, or once more (`again`)."""
        amount = donation.amount_minor if amount is None else amount
        name = f"{donation.id.hex}{again}"
        metadata = {"donation_id": str(donation.id)}
        return self._charge(name, amount, currency, metadata, other_shop=False)

    def pay_another_shop(self, name: str, amount: int) -> str:
        return self._charge(name, amount, "cny", {}, other_shop=True)

    def _charge(self, name: str, amount: int, currency: str, metadata: Json, other_shop: bool) -> str:
        charge = {
            "id": f"ch_{name}",
            "object": "charge",
            "amount": amount,
            "amount_refunded": 0,
            "currency": currency,
            "payment_intent": f"pi_{name}",
            "metadata": metadata,
            "other_shop": other_shop,
        }
        self.charges[charge["id"]] = charge
        self._line("charge", "charge", amount, charge, fee=(amount * FEE_BPS + 5_000) // 10_000)
        intent = {
            "id": f"pi_{name}",
            "object": "payment_intent",
            "amount": amount,
            "amount_received": amount,
            "currency": currency,
            "metadata": metadata,
            "latest_charge": charge["id"],
        }
        self._say("payment_intent.succeeded", intent)
        self._say("charge.succeeded", charge)
        return charge["id"]

    def refund(self, charge_id: str, amount: int, status: str = "succeeded") -> str:
        charge = self.charges[charge_id]
        refund = self._thing("re", charge, amount, status=status)
        self._line("refund", "refund", -amount, refund)
        charge["amount_refunded"] += amount
        self._say("refund.created", refund)
        self._say("charge.refunded", charge)
        return refund["id"]

    def end_refund(self, refund_id: str, status: str) -> None:
        """A pending refund arrives; one that was sent, or even had arrived, fails."""
        refund = self.things[refund_id]
        refund["status"] = status
        if status == "failed":
            self._line("refund_failure", "refund_failure", refund["amount"], refund)
            self.charges[refund["charge"]]["amount_refunded"] -= refund["amount"]
            self._say("refund.failed", refund)
        self._say("refund.updated", refund)
        self._say("charge.refund.updated", refund)

    def dispute(self, charge_id: str, amount: int) -> str:
        dispute = self._thing("dp", self.charges[charge_id], amount, status="needs_response")
        self._line("adjustment", "dispute", -amount, dispute, fee=15_00)
        self._say("charge.dispute.created", dispute)
        self._say("charge.dispute.funds_withdrawn", dispute)
        return dispute["id"]

    def end_dispute(self, dispute_id: str, status: str) -> None:
        """Won, lost; and what was lost may be won after all."""
        dispute = self.things[dispute_id]
        dispute["status"] = status
        if status == "won":
            self._line("adjustment", "dispute_reversal", dispute["amount"], dispute, fee=-15_00)
        self._say("charge.dispute.closed", dispute)
        if status == "won":
            self._say("charge.dispute.funds_reinstated", dispute)

    def pay_out(self, amount: int) -> str:
        payout = {"id": f"po_{len(self.lines)}", "object": "payout", "amount": amount, "currency": "cny"}
        self.things[payout["id"]] = payout
        self._line("payout", "payout", -amount, payout)
        return str(payout["id"])

    def fail_payout(self, payout_id: str) -> None:
        payout = self.things[payout_id]
        self._line("payout_failure", "payout_reversal", payout["amount"], payout)

    def keep_fee(self, amount: int) -> None:
        self._line("stripe_fee", "fee", -amount, {"id": f"fee_{len(self.lines)}", "object": "fee"})

    def adjust(self, amount: int) -> None:
        self._line(
            "adjustment", "other_adjustment", amount, {"id": f"adj_{len(self.lines)}", "object": "adjustment"}
        )

    def _thing(self, prefix: str, charge: Json, amount: int, **more: Any) -> Json:
        subject = {
            "id": f"{prefix}_{len(self.lines)}",
            "object": {"re": "refund", "dp": "dispute"}[prefix],
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "created": self._now(),
            "metadata": {},
            "other_shop": charge["other_shop"],
        } | more
        self.things[subject["id"]] = subject
        return subject

    def _line(self, kind: str, category: str, amount: int, source: Json, fee: int = 0) -> None:
        amount *= RATES[source.get("currency", "cny")]
        self.lines.append(
            {
                "id": f"txn_{len(self.lines)}",
                "object": "balance_transaction",
                "type": kind,
                "reporting_category": category,
                "amount": amount,
                "fee": fee,
                "net": amount - fee,
                "currency": "cny",
                "created": self._now(),
                "source": dict(source),
            }
        )

    def _say(self, kind: str, subject: Json) -> None:
        self.messages.append((kind, dict(subject), self.clock.at))

    def _now(self) -> int:
        return int(self.clock.at.timestamp())
