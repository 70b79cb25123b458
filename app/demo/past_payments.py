"""The payments that the demo made up, told to the payment sandbox: it refunds only what it knows."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.request import Request, urlopen

from sqlmodel import and_, select

from campaigns.dependencies import Dependencies
from campaigns.donations.models import Donation, PaymentException
from kernel.db import Tx
from payments.models import ProviderLine

_TIMEOUT_S = 60


def tell_sandbox(deps: Dependencies, base_url: str) -> None:
    """Tell the sandbox at `base_url` of all payments on our pages; those that it took itself it knows already.
    Raises OSError if it does not answer."""
    with deps.db.snapshot() as tx:
        payments = [*_of_donations(tx, deps.gateway.provider), *_on_the_desk(tx, deps.gateway.provider)]
    body = json.dumps({"payments": payments}).encode()
    order = Request(f"{base_url}/_sandbox/past", body, {"Content-Type": "application/json"})  # noqa: S310 - a setting
    with urlopen(order, timeout=_TIMEOUT_S):  # noqa: S310 - as above
        pass


def _of_donations(tx: Tx, provider: str) -> Iterable[dict[str, Any]]:
    """A payment without a line in the statement has none at the sandbox: some demo differences are about that."""
    line = and_(
        ProviderLine.provider == provider,
        ProviderLine.payment_intent == Donation.payment_intent,
        ProviderLine.kind == "charge",
    )
    donations = select(Donation, ProviderLine).join(ProviderLine, line, isouter=True)
    for donation, charged in tx.all(donations.where(Donation.provider == provider)):
        if donation.paid_at is None:
            continue
        yield {
            "payment_intent": donation.payment_intent,
            "donation_id": str(donation.id),
            "amount": donation.amount_minor,
            "currency": donation.currency,
            "created": int((charged.occurred_at if charged else donation.paid_at).timestamp()),
            "line": charged and {"id": charged.line_id, "amount": charged.amount_minor, "fee": charged.fee_minor},
        }


def _on_the_desk(tx: Tx, provider: str) -> Iterable[dict[str, Any]]:
    for payment in tx.all(select(PaymentException).where(PaymentException.provider == provider)):
        yield {
            "payment_intent": payment.payment_intent,
            "donation_id": str(payment.donation_id),
            "amount": payment.amount_minor,
            "currency": payment.currency,
            "created": int(payment.occurred_at.timestamp()),
            "line": None,
        }
