"""What may follow a payment: refunds, disputes and payouts, with their balance transactions."""

from sandbox import objects_after as objects
from sandbox.events import Events
from sandbox.store import ApiObject, Store
from sandbox.wire import ApiError, invalid


class Aftermath:
    """Refunds, disputes and payouts. Every method is one transaction of the store."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def refund(self, params: ApiObject) -> ApiObject:
        """Refund all or part of what is left of a charge. Raises ApiError."""
        with self._store.transaction():
            charge = self._charge_to_refund(params)
            left = charge["amount"] - charge["amount_refunded"]
            amount = params.get("amount", left)
            if left == 0:
                raise ApiError(
                    400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
                )
            if amount > left:
                raise invalid(
                    f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount"
                )
            return self._refunded(charge, amount, params)

    def _charge_to_refund(self, params: ApiObject) -> ApiObject:
        if "charge" in params:
            charge = self._store.get("charge", params["charge"])
        elif "payment_intent" in params:
            intent = self._store.get("payment_intent", params["payment_intent"])
            if intent["status"] != "succeeded":
                raise ApiError(
                    400, f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
                )
            charge = self._store.get("charge", intent["latest_charge"])
        else:
            raise invalid("One of `charge` or `payment_intent` is required.", "charge", "parameter_missing")
        if not charge["paid"]:
            raise ApiError(400, "Only a successful charge can be refunded.")
        if charge["disputed"]:
            raise ApiError(400, f"Charge {charge['id']} has been charged back.", code="charge_disputed")
        return charge

    def _refunded(self, charge: ApiObject, amount: int, params: ApiObject) -> ApiObject:
        refund = objects.refund(charge, amount, params)
        kind = "refund" if charge["id"].startswith("ch_") else "payment_refund"
        line = objects.transaction(kind, "refund", refund, -amount)
        refund["balance_transaction"] = line["id"]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        for changed in (line, refund, charge):
            self._store.put(changed)
        self._events.emit("refund.created", refund)
        self._events.emit("charge.refunded", charge)
        return refund

    def fail_refund(self, refund_id: str) -> ApiObject:
        """Fail a refund, because the bank did not take it. The money returns to the balance. Raises ApiError."""
        with self._store.transaction():
            refund = self._store.get("refund", refund_id)
            if refund["status"] == "failed":
                raise ApiError(400, f"This refund is {refund['status']} already.")
            charge = self._store.get("charge", refund["charge"])
            line = objects.transaction("refund_failure", "refund_failure", refund, refund["amount"])
            refund |= {"status": "failed", "failure_reason": "unknown", "failure_balance_transaction": line["id"]}
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            for changed in (line, refund, charge):
                self._store.put(changed)
            for kind in ("refund.updated", "refund.failed", "charge.refund.updated"):
                self._events.emit(kind, refund)
            return refund

    def warn(self, charge_id: str) -> ApiObject:
        """Issue an early fraud warning: the card network expects a dispute about this charge. Raises ApiError."""
        with self._store.transaction():
            warning = self._store.put(objects.fraud_warning(self._store.get("charge", charge_id)))
            self._events.emit("radar.early_fraud_warning.created", warning)
            return warning

    def open_dispute(self, charge_id: str, amount: int | None) -> ApiObject:
        """Open a dispute over `amount` fen (default: all that has not been refunded). Raises ApiError."""
        with self._store.transaction():
            charge = self._store.get("charge", charge_id)
            left = charge["amount"] - charge["amount_refunded"]
            if charge["disputed"] or not charge["paid"] or not 0 < (amount or left) <= left:
                raise invalid("This charge cannot be disputed for that amount.", "amount")
            dispute = objects.dispute(charge, amount or left)
            charge["disputed"] = True
            self._store.put(charge)
            self._move(dispute, "dispute", -dispute["amount"])
            self._events.emit("charge.dispute.created", dispute)
            self._events.emit("charge.dispute.funds_withdrawn", dispute)
            return dispute

    def review_dispute(self, dispute_id: str) -> ApiObject:
        """Submit evidence, so that the bank reviews the dispute. Raises ApiError."""
        with self._store.transaction():
            dispute = self._store.get("dispute", dispute_id)
            if dispute["status"] != "needs_response":
                raise ApiError(400, f"This dispute is {dispute['status']} already.")
            dispute["status"] = "under_review"
            self._store.put(dispute)
            self._events.emit("charge.dispute.updated", dispute)
            return dispute

    def close_dispute(self, dispute_id: str, won: bool) -> ApiObject:
        """Decide a dispute. A won dispute returns the money. Raises ApiError."""
        with self._store.transaction():
            dispute = self._store.get("dispute", dispute_id)
            if dispute["status"] in ("won", "lost"):
                raise ApiError(400, f"This dispute is {dispute['status']} already.")
            dispute["status"] = "won" if won else "lost"
            if won:
                self._move(dispute, "dispute_reversal", dispute["amount"])
            self._store.put(dispute)
            self._events.emit("charge.dispute.closed", dispute)
            if won:
                self._events.emit("charge.dispute.funds_reinstated", dispute)
            return dispute

    def _move(self, dispute: ApiObject, category: str, amount: int) -> None:
        line = objects.transaction("adjustment", category, dispute, amount)
        dispute["balance_transactions"] = [*dispute["balance_transactions"], line]
        self._store.put(line)
        self._store.put(dispute)

    def pay_out(self) -> ApiObject | None:
        """Send the balance to the bank, as the daily payout does; None if there is nothing to send.

        Afterwards `GET /v1/balance_transactions?payout=` returns the lines of the payout.
        """
        with self._store.transaction():
            row = self._store.rows(
                "SELECT sum(json_extract(body, '$.net')) AS net,"
                " min(json_extract(body, '$.currency')) AS currency"
                " FROM objects WHERE kind = 'balance_transaction' AND payout IS NULL"
            )[0]
            if not row["net"] or row["net"] <= 0:
                return None
            payout = objects.payout(row["net"], row["currency"])
            line = objects.transaction("payout", "payout", payout, -row["net"])
            payout["balance_transaction"] = line["id"]
            for changed in (line, payout):
                self._store.put(changed)
            self._store.write(
                "UPDATE objects SET payout = ? WHERE kind = 'balance_transaction' AND payout IS NULL",
                payout["id"],
            )
            self._events.emit("payout.created", payout)
            self._events.emit("payout.paid", payout)
            return payout

    def fail_payout(self, payout_id: str) -> ApiObject:
        """Fail a payout, because the bank returned it. Its money returns to the balance. Raises ApiError."""
        with self._store.transaction():
            payout = self._store.get("payout", payout_id)
            if payout["status"] == "failed":
                raise ApiError(400, "This payout has failed already.")
            line = objects.transaction("payout_failure", "payout_reversal", payout, payout["amount"])
            payout |= {
                "status": "failed",
                "failure_code": "account_closed",
                "failure_message": "The bank account has been closed.",
                "failure_balance_transaction": line["id"],
            }
            for changed in (line, payout):
                self._store.put(changed)
            self._events.emit("payout.failed", payout)
            return payout

    def charge_account(self, kind: str, amount: int) -> ApiObject:
        """Take a fee of the account, the tax on fees, or an adjustment off the balance. It belongs to no payment.
        Raises ApiError."""
        categories = {"stripe_fee": "fee", "tax_fee": "tax", "adjustment": "other_adjustment"}
        if kind not in categories:
            raise invalid(f"kind must be one of {', '.join(categories)}", "kind")
        with self._store.transaction():
            line = objects.transaction(kind, categories[kind], {"id": None, "currency": "cny"}, -amount)
            self._store.put(line)
            return line
