"""Schemas for agreements and pledges."""

from marshmallow import Schema, fields

from app.api.schema_fields import Currency, Day, Key, Minor, Text, Time, Whole, one_of
from campaigns.agreements.agreements import MAY_BE_EMPTY, MOST
from campaigns.agreements.models import AgreementKind
from campaigns.agreements.pledges import State
from kernel.money import CURRENCY


class AgreementIn(Schema):
    kind = one_of(*AgreementKind, required=True)
    number = Text(MOST["number"], 1, required=True, metadata={"description": "of the paper; once per organisation"})
    title = Text(MOST["title"], 1, required=True)
    party = Text(MOST["party"], 1, required=True, metadata={"description": "the other side"})
    signed_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)
    amount_minor = Minor(load_default=None, allow_none=True)
    currency = one_of(CURRENCY, load_default=CURRENCY)
    campaign = Text(100, 1, load_default=None, allow_none=True, metadata={"description": "of partners alone"})
    fund = Key(load_default=None, allow_none=True, metadata={"description": "where its money goes"})
    assessment = Text(MAY_BE_EMPTY["assessment"], load_default="", metadata={"description": "of a partner: public"})
    document = Text(MAY_BE_EMPTY["document"], load_default="", metadata={"description": "where the paper lies"})


class AgreementOut(Schema):
    """An agreement of an organisation with another party."""

    id = Key()
    kind = one_of(*AgreementKind)
    organisation = Text(attribute="organisation_code")
    number = Text()
    title = Text()
    party = Text()
    signed_on = Day()
    ends_on = Day(allow_none=True)
    amount_minor = Minor(allow_none=True)
    currency = Currency()
    fund = Key(attribute="fund_id", allow_none=True)
    assessment = Text()
    document = Text()
    actor = Text()
    entered_at = Time()
    ended_at = Time(allow_none=True)
    end_reason = Text()


class PledgeIn(Schema):
    due_on = Day(required=True)
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)


class PledgeOut(Schema):
    """An amount due by a day under an agreement, and what was received for it. It is no gift and counts in no
    total."""

    id = Key()
    agreement = Key(attribute="agreement_id")
    party = Text()
    due_on = Day()
    amount_minor = Minor()
    paid_minor = Minor(0)
    currency = Currency()
    state = one_of(*State)
    called_at = Time(allow_none=True)
    waive_reason = Text()


class PledgePaymentIn(Schema):
    deposit = Key(required=True, metadata={"description": "a deposit of a fund that is in the books"})
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)


class ManagementYearOut(Schema):
    """A host's management cost in a year (numerator) beside all its spending of the year (denominator)."""

    organisation = Text(attribute="host")
    name = Text()
    year = Whole(1, 9999)
    management_minor = fields.Integer(metadata={"description": "numerator, fen"})
    spending_minor = fields.Integer(metadata={"description": "denominator, fen"})
    currency = Currency()
    share_bps = fields.Integer()
    most_bps = fields.Integer(metadata={"description": "the ceiling"})
    source = Text()
    state = one_of("within", "near", "over")
