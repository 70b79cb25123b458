"""`POST /webhooks/stripe`: 200 after a durable write, 400 unless Stripe signed the event within the tolerance."""

from typing import Any

from flask import Blueprint, Response, request

from app.current import settings, store_messages
from app.http import access
from app.http.problems import problem
from kernel.errors import Fault, fault
from kernel.strict_json import unstorable
from kernel.text import text_fault
from payments.messages import message
from payments.stripe import WebhookRejected, verify_webhook

blueprint = Blueprint("stripe_webhook", __name__, url_prefix="/webhooks")

MOST_ID = 255  # characters; Stripe guarantees no more


@blueprint.post("/stripe")
@access.signature
def receive() -> Any:
    """Store an event once. Stripe counts deliveries inside the body, so only the id identifies a repeated event."""
    signature = request.headers.get("Stripe-Signature")
    try:
        event = verify_webhook(request.get_data(), signature, settings().stripe_webhook_secret)
    except WebhookRejected as refusal:
        missing = "The header Stripe-Signature is missing." if refusal.code == "signature_missing" else ""
        return problem(400, refusal.code, missing)
    if refused := _faults(event):
        return refused
    store_messages([message("stripe", event["id"], event, compare=False)])
    return {"received": True}


def _faults(event: Any) -> Response | None:
    """Return a problem for a signed event that the inbox cannot store."""
    faults = unstorable(event) if isinstance(event, dict) else {"body": fault("not_an_object")}
    event_id = event.get("id") if isinstance(event, dict) else None
    if refused := _id_fault(event_id):
        faults["id"] = refused
    return problem(400, "body_invalid", "The event cannot be stored.", faults) if faults else None


def _id_fault(event_id: Any) -> Fault | None:
    if not event_id:
        return fault("required")
    if not isinstance(event_id, str):
        return fault("not_text")
    return text_fault(event_id, MOST_ID)
