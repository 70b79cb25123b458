"""PURE. Cards and wallets to pay with. Fingerprints depend on the number or account, as real ones do."""

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.wire import invalid

# Stripe's published test cards: number -> decline code.
DECLINED_CARDS = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000009987": "lost_card",
    "4000000000000069": "expired_card",
}
# Stripe's published test payment methods: token -> card number.
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeCustomerFail": "4000000000000002",
}


@dataclass(frozen=True, slots=True)
class Means:
    """A donor's means of payment: Stripe's `payment_method_details`, and the code if it is declined."""

    details: dict[str, Any]
    declined: str | None

    def plain(self) -> dict[str, Any]:
        """Return the means as a dictionary that JSON can hold."""
        return asdict(self)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(f"sandbox:{text}".encode()).hexdigest()[:16]


def card(number: str, declined: str | None = None) -> Means:
    """Return the card with a number of 12 to 19 digits; spaces and hyphens are allowed. Raises ApiError."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{12,19}", digits, re.ASCII):
        raise invalid("Your card number is incorrect.", "number", "incorrect_number")
    details = {
        "type": "card",
        "card": {
            "amount_authorized": None,
            "authorization_code": None,
            "brand": "mastercard" if digits.startswith("5") else "visa",
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "CN",
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": _fingerprint(digits),
            "funding": "credit",
            "installments": None,
            "last4": digits[-4:],
            "mandate": None,
            "network": "mastercard" if digits.startswith("5") else "visa",
            "network_token": None,
            "network_transaction_id": None,
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "wallet": None,
        },
    }
    return Means(details, declined or DECLINED_CARDS.get(digits))


def wallet(kind: str, account: str, declined: str | None = None) -> Means:
    """Return an Alipay or WeChat Pay wallet with any account name."""
    mark = _fingerprint(f"{kind}:{account}")
    if kind == "alipay":
        buyer = "2088" + str(int(mark, 16))[:12]
        details = {"buyer_id": buyer, "fingerprint": mark, "transaction_id": None}
    else:
        details = {"fingerprint": mark, "transaction_id": None}
    return Means({"type": kind, kind: details}, declined)


def chosen(method: str, card_number: str, account: str, declined: str | None = None) -> Means:
    """Return the means of payment for one of the three methods. Raises ApiError."""
    if method == "card":
        return card(card_number, declined)
    if method in ("alipay", "wechat_pay"):
        return wallet(method, account or "donor", declined)
    raise invalid(f"Unknown payment method: {method}", "method")


def of_token(token: str) -> Means:
    """Return the card of one of Stripe's test payment methods. Raises ApiError."""
    if token not in TOKENS:
        raise invalid(f"No such PaymentMethod: '{token}'", "payment_method", "resource_missing")
    return card(TOKENS[token])
