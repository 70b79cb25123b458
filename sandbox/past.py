"""Payments that were taken before the sandbox knew of them: those that a demo made up."""

from sandbox import objects, objects_after
from sandbox.instruments import card
from sandbox.store import ApiObject, Store, new_id

_CARD = "4242424242424242"


def load(store: Store, payments: list[ApiObject]) -> int:
    """Store each payment with its charge and its balance transaction, unless its intent is known; return how many
    were new. No event is sent: whoever made them up knows of them.

    Of a payment: `payment_intent` (its id), `donation_id`, `amount` in fen, `currency`, `created` in seconds since
    1970, and `line`, its balance transaction: `id`, `amount` and `fee` in fen; or null if there is none.
    """
    with store.transaction():
        new = [payment for payment in payments if store.find_id(payment["payment_intent"]) is None]
        for payment in new:
            for item in _objects(payment):
                store.put(item)
    return len(new)


def _objects(payment: ApiObject) -> list[ApiObject]:
    amount, created, line = int(payment["amount"]), int(payment["created"]), payment["line"]
    metadata = {"donation_id": payment["donation_id"]}
    intent = objects.intent({"amount": amount, "currency": payment["currency"], "metadata": metadata})
    intent |= {"id": payment["payment_intent"], "created": created, "payment_method": new_id("pm_")}
    charge = objects.charge(intent, card(_CARD).details, None)
    charge |= {"id": payment["payment_intent"].replace("pi_", "ch_", 1), "created": created}
    intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"]}
    if line is None:
        return [charge, intent]
    entry = objects_after.transaction("charge", "charge", charge, int(line["amount"]), int(line["fee"]))
    entry |= {"id": line["id"], "created": created, "available_on": created}
    charge["balance_transaction"] = entry["id"]
    return [entry, charge, intent]
