"""PURE except for ids and the time. Stripe's objects that follow a payment: refunds, disputes, payouts, and lines
on the balance."""

from typing import Any

from sandbox.store import new_id, now

FEE_BPS = 60  # 0.6 % of a charge, rounded half up; a refund returns no fee


def refund(charge_: dict[str, Any], amount: int, params: dict[str, Any]) -> dict[str, Any]:
    """Return a refund: money on its way back to the donor."""
    return {
        "id": new_id("re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge_["id"],
        "created": now(),
        "currency": charge_["currency"],
        "metadata": params.get("metadata", {}),
        "payment_intent": charge_["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def transaction(kind: str, category: str, source: dict[str, Any], amount: int, fee: int = 0) -> dict[str, Any]:
    """Return one movement on the balance, available at once."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Sandbox processing fee",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now(),
        "balance_type": "payments",
        "created": now(),
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def fee_of(amount: int) -> int:
    """Return the fee on a charge in fen: FEE_BPS, rounded half up."""
    return (amount * FEE_BPS + 5_000) // 10_000


_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure"
    " cancellation_rebuttal customer_communication customer_email_address customer_name"
    " customer_purchase_ip customer_signature duplicate_charge_documentation duplicate_charge_explanation"
    " duplicate_charge_id product_description receipt refund_policy refund_policy_disclosure"
    " refund_refusal_explanation service_date service_documentation shipping_address shipping_carrier"
    " shipping_date shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text"
)


def dispute(charge_: dict[str, Any], amount: int) -> dict[str, Any]:
    """Return a dispute: the donor's bank takes the money back until it is decided."""
    return {
        "id": new_id("du_"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge_["id"],
        "created": now(),
        "currency": charge_["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE.split()) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now() + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge_["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


def fraud_warning(charge_: dict[str, Any]) -> dict[str, Any]:
    """Return an early fraud warning about a charge."""
    return {
        "id": new_id("issfr_"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge_["id"],
        "created": now(),
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": charge_["payment_intent"],
    }


def payout(amount: int, currency: str) -> dict[str, Any]:
    """Return a payout of the balance to the bank account."""
    return {
        "id": new_id("po_"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now(),
        "automatic": True,
        "balance_transaction": None,
        "created": now(),
        "currency": currency,
        "description": "SANDBOX PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid",
        "trace_id": None,
        "type": "bank_account",
    }
