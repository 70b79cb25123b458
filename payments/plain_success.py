"""PURE. Read the success of a payment intent in one pass. A rush consists of them, and `facts.read_facts`, which
names the wrong field, takes three times as long.

An event that is not plain (a charge embedded in it, a payment that is not ours, a wrong field) is left to
`read_facts`.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from payments.provider_reader import LATEST, MAX_MINOR

SUCCEEDED = "payment_intent.succeeded"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII).fullmatch
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII).fullmatch
_ID = re.compile(r"[ -~]{1,255}", re.ASCII).fullmatch  # printable ASCII
# Donation, payment intent, amount (fen), currency, time, charge.
Success = tuple[UUID, str, int, str, datetime, str]


def plain_success(event: dict[str, Any]) -> Success | None:
    """Return the contents of an event that is certainly a valid success, else None."""
    try:
        intent = event["data"]["object"]
        created, id_, charge = event["created"], intent["id"], intent["latest_charge"]
        donation_id, currency = intent["metadata"]["donation_id"], intent["currency"]
        amount = intent["amount_received"]
        if (
            event["type"] == SUCCEEDED
            and type(created) is int
            and 0 <= created <= LATEST
            and type(amount) is int
            and 0 <= amount <= MAX_MINOR
            and intent.get("charges") is None
            and _ID(id_)
            and _ID(charge)
            and _CURRENCY(currency)
            and _UUID(donation_id)
        ):
            return UUID(donation_id), id_, amount, currency.upper(), datetime.fromtimestamp(created, UTC), charge
    except (KeyError, TypeError, AttributeError):
        pass
    return None
