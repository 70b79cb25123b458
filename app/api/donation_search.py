"""Find donations, for managers."""

from typing import Any

from flask import g
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Key, Minor, Text, Time
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.donations.search import MOST_SHOWN, DonationQuery, contact_key, record_contact_search, search
from campaigns.network.roles import Permission
from kernel.ids import MOST_ID
from kernel.money import MAX_MINOR

blueprint = make_blueprint("donation_search", "Find a donation by what is known of it.")


class DonationSearch(Schema):
    """What is known of a donation; at least one of these."""

    id = Text(36, metadata={"description": "the id or its first 8 or more characters"})
    reference = Text(255, metadata={"description": "an order number of the provider or the platform"})
    contact = Text(254, metadata={"description": "phone or e-mail in any form; needs `donations_refund`"})
    amount_minor = fields.Integer(validate=validate.Range(1, MAX_MINOR), metadata={"description": "fen"})
    project = fields.Integer(validate=validate.Range(1, MOST_ID))
    since = Time(metadata={"description": "paid (an unpaid one: pledged) at this time or later"})
    until = Time(metadata={"description": "paid (an unpaid one: pledged) before this time"})
    after = fields.UUID(metadata={"description": "`after` of the page before"})
    page_size = fields.Integer(validate=validate.Range(1, 100), load_default=MOST_SHOWN)


class DonationLineOut(Schema):
    id = fields.UUID()
    campaign = Text()
    project = Key()
    project_name = Text()
    amount_minor = Minor()
    refunded_minor = Minor(0)
    currency = Currency()
    status = Text()
    channel = Text()
    provider = Text()
    payment_reference = Text(allow_none=True)
    pledged_at = Time()
    paid_at = Time(allow_none=True)


class DonationsOut(Schema):
    donations = fields.List(fields.Nested(DonationLineOut))
    after = fields.UUID(allow_none=True, metadata={"description": "continues the list; null at its end"})


@blueprint.get("/donations")
@access.managers(Permission.READ, Permission.DONATIONS_REFUND, where=Where.LISTED)
@blueprint.arguments(DonationSearch, location="query")
@blueprint.response(200, DonationsOut)
def find(query: dict[str, Any]) -> Any:
    """Find donations of the caller's branch by what is known of them, newest pledge first, without their donors."""
    contact, after, page_size = query.pop("contact", ""), query.pop("after", None), query.pop("page_size")
    if contact:
        access.require_declared(Permission.DONATIONS_REFUND)
    donor_key = contact_key(deps().keys, contact) if contact else ""
    with deps().db.transaction() as tx:
        if donor_key:
            record_contact_search(tx, access.actor())
        return search(
            tx, DonationQuery(**query, donor_key=donor_key, branch=g.caller.branch_code), after, page_size
        )
