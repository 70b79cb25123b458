"""The measured application: production's `create_app`, without the call to the payment provider.

It has more routes in the same application behind the same middleware: a POST that checks the same body by the same
schema and touches no database, two other ways of giving (row locks, counters in Redis), and a partner's webhook
that checks everything and stores nothing.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, request

import config
from app import worker
from app.api.base import make_blueprint
from app.api.donations.donation_answer import answer
from app.api.donations.donation_schemas import DonationIn, DonationOut
from app.api.donations.donations import command_of
from app.current import deps
from app.dependencies import make_dependencies, web_timeouts
from app.factory import create_app
from app.http import doors
from app.shared_pages.front import put_in_front
from app.webhooks.partners import MOST_BYTES, read
from bench import counter, rowlock
from kernel.strict_json import load_json
from payments.gateway import OpenedPayment, PaymentOrder
from payments.partners.partner_signatures import verify
from payments.stripe import StripeGateway


class AnswersAtOnce(StripeGateway):
    """The real gateway, except that it opens payments without a request, because our own work is measured."""

    def open_checkout(self, order: PaymentOrder) -> OpenedPayment:
        reference = f"cs_{order.donation_id.hex}"
        return OpenedPayment(self.provider, reference, f"https://pay.example/{reference}", None)

    def open_intent(self, order: PaymentOrder) -> OpenedPayment:
        reference = f"pi_{order.donation_id.hex}"
        return OpenedPayment(self.provider, reference, None, f"{reference}_secret")


blp = make_blueprint("bench", "What the engine is compared with.")


@blp.post("/bench/plain")
@blp.arguments(DonationIn)
def plain(body: dict[str, Any]) -> Any:
    """Check the body and build the command, without a database and with a minimal response: the fastest POST
    possible."""
    return {"id": str(command_of(body).id)}, 201


@blp.post("/bench/rowlock")
@blp.arguments(DonationIn)
@blp.response(201, DonationOut)
def row_lock(body: dict[str, Any]) -> Any:
    """Give with row locks, as one would write it first."""
    command = command_of(body)
    return answer(rowlock.create_donation(deps(app), command), command.message, 201)


@blp.post("/bench/counter")
@blp.arguments(DonationIn)
def counters(body: dict[str, Any]) -> Any:
    """Give with counters in Redis, as the best-known open engine does it."""
    command = command_of(body)
    return {"id": str(command.id), "matched_minor": counter.create_donation(deps(app), redis, command)}, 201


partner = Blueprint("bench_partner", __name__, url_prefix="/webhooks")


@partner.post("/bench-partner")
def checked() -> Any:
    """Accept a partner's batch with everything that intake does, except for the database."""
    request.max_content_length = MOST_BYTES
    payload = request.get_data()
    verify(os.environ["BENCH_PARTNER_SECRET"], payload, request.headers)
    return {"accepted": len(read(load_json(payload), datetime.now(UTC)).events)}, 202


redis = counter.counters()
settings = config.load(os.environ)
_gateway = AnswersAtOnce(settings.stripe_secret_key, settings.stripe_api_base, settings.stripe_methods)
app = create_app(settings, replace(make_dependencies(settings, web_timeouts(settings)), gateway=_gateway))
app.register_blueprint(blp)
app.register_blueprint(partner)
put_in_front(app)
doors.put_in_front(app)
worker.begin(app)
