"""Search of donations, for managers."""

from typing import Any

from flask import Response, g
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Key, Minor, Text, Time
from app.current import deps
from app.exports.donations import donations_file
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.table_file import FORMATS
from campaigns.donations.models import CHANNELS
from campaigns.donations.search import MOST_SHOWN, contact_key, name_key_of, record_contact_search, search
from campaigns.donations.search_plan import DonationQuery, Order
from campaigns.donations.states import STATUSES
from campaigns.network.roles import Permission
from kernel.ids import MOST_ID
from kernel.money import MAX_MINOR

blueprint = make_blueprint("donation_search", "Donations in a list, filtered and sorted.")


class DonationSearch(Schema):
    """Search criteria for donations. Without any, all donations are listed."""

    id = Text(36, metadata={"description": "the id or its first 8 or more characters"})
    reference = Text(255, metadata={"description": "an order number of the provider or the platform"})
    contact = Text(254, metadata={"description": "phone or e-mail in any form; needs `donations_refund`"})
    name = Text(80, metadata={"description": "the donor's whole name; needs `donations_refund`"})
    amount_minor = fields.Integer(validate=validate.Range(1, MAX_MINOR), metadata={"description": "fen"})
    least_minor = fields.Integer(validate=validate.Range(1, MAX_MINOR), metadata={"description": "fen"})
    most_minor = fields.Integer(validate=validate.Range(1, MAX_MINOR), metadata={"description": "fen"})
    project = fields.Integer(validate=validate.Range(1, MOST_ID))
    campaign = Text(200, metadata={"description": "slug"})
    node = Text(64, metadata={"description": "code of an organisation above the project"})
    status = fields.String(validate=validate.OneOf(STATUSES))
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    pot = fields.Integer(validate=validate.Range(1, MOST_ID), metadata={"description": "that matched or reserved"})
    order = fields.Enum(Order, by_value=True, load_default=Order.NEWEST)
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
    matched_minor = Minor(0, metadata={"description": "captured and not on hold"})
    reserved_minor = Minor(0)
    held_minor = Minor(0, metadata={"description": "captured, and on hold until a reviewer decides"})


class DonationsOut(Schema):
    donations = fields.List(fields.Nested(DonationLineOut))
    after = fields.UUID(allow_none=True, metadata={"description": "continues the list; null at its end"})


@blueprint.get("/donations")
@access.managers(Permission.READ, Permission.DONATIONS_REFUND, where=Where.LISTED)
@blueprint.arguments(DonationSearch, location="query")
@blueprint.response(200, DonationsOut)
def find(query: dict[str, Any]) -> Any:
    """List the donations of the caller's branch that match the criteria, without their donors."""
    after, page_size = query.pop("after", None), query.pop("page_size")
    wanted = query_of(query)
    with deps().db.transaction() as tx:
        return search(tx, wanted, after, page_size)


@blueprint.get(f"/donations{FORMATS}", endpoint="find_file")
@access.managers(Permission.READ, Permission.DONATIONS_REFUND, where=Where.LISTED)
@heavy
@blueprint.arguments(DonationSearch(exclude=("after", "page_size")), location="query")
@blueprint.response(200, description="all donations that fit, as CSV or XLSX")
def find_file(query: dict[str, Any], file_format: str) -> Response:
    """Return all matching donations as a file. The audit trail records who downloaded it."""
    return donations_file(query_of(query), file_format)


def query_of(query: dict[str, Any]) -> DonationQuery:
    """Return the query of a request. A search by contact or name is recorded. Raises Invalid `search_invalid`."""
    status, contact, name = query.pop("status", None), query.pop("contact", ""), query.pop("name", None)
    if contact or name is not None:
        access.require_declared(Permission.DONATIONS_REFUND)
    query["donor_key"] = contact_key(deps().keys, contact) if contact else ""
    query["name_key"] = "" if name is None else name_key_of(deps().keys, name)
    if contact or name is not None:
        with deps().db.transaction() as tx:
            record_contact_search(tx, access.actor())
    query["statuses"] = (status,) if status else ()
    return DonationQuery(**query, branch=g.caller.branch_code)
