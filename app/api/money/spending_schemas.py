"""Schemas for project spending."""

from marshmallow import Schema, fields

from app.api.schema_fields import Currency, Day, Key, Minor, Text, Time, one_of
from campaigns.payouts.models import PurposeBasis
from campaigns.projects.budget import MOST_ROW_NAME
from campaigns.reasons import MOST_REASON
from campaigns.spending.models import SpendingState
from campaigns.spending.vouchers import MOST_DOCUMENT, MOST_PURPOSE
from kernel.money import CURRENCY
from ledger.chart import PAID_OUT


class SpendingIn(Schema):
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)
    spent_on = Day(required=True)
    document_no = Text(MOST_DOCUMENT, 1, required=True, metadata={"description": "number of the invoice or slip"})
    purpose = Text(MOST_PURPOSE, 1, required=True, metadata={"description": "published once it is checked"})
    budget_row = Text(MOST_ROW_NAME, load_default="", metadata={"description": "a row of the project's budget"})


class SpendingOut(Schema):
    """A spending of a project. `photo`: whether its voucher has a photo; without one it cannot be checked."""

    id = Key()
    project = Key(attribute="project_id")
    amount_minor = Minor()
    currency = Currency()
    spent_on = Day()
    document_no = Text()
    purpose = Text()
    budget_row = Text()
    photo = fields.Boolean()
    state = one_of(*SpendingState)
    entered_by = Text()
    entered_at = Time()
    opinion = Text()
    decided_by = Text()
    decided_at = Time(allow_none=True)


class BudgetLine(Schema):
    """A row of the budget; an empty name means spending outside the budget. `over`: more is spent than budgeted."""

    name = Text()
    budget_minor = Minor(0)
    spent_minor = Minor(0)
    waiting_minor = Minor(0)
    over = fields.Boolean()


class AccountOut(Schema):
    """Income and spending of a project. `unspent_minor` is negative when it has spent more than it received."""

    paid_minor = Minor(0)
    spent_minor = Minor(0)
    waiting_minor = Minor(0)
    unspent_minor = fields.Integer()
    currency = Currency()
    rows = fields.List(fields.Nested(BudgetLine))


class PurposeIn(Schema):
    campaign = Text(100, 1, required=True)
    to_project = Key(required=True)
    share = one_of(*PAID_OUT, load_default="share_project")
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)
    filing_no = Text(60, 1, required=True)
    basis = one_of(*PurposeBasis, load_default="filing", metadata={"description": "what the change rests on"})
    evidence = Text(300, load_default="", metadata={"description": "where consents lie, or the notice can be read"})
    reason = Text(MOST_REASON, 1, required=True)


class PurposeOut(Schema):
    """A change of purpose of money."""

    id = Key()
    from_project = Key(attribute="from_project_id")
    to_project = Key(attribute="to_project_id")
    share = one_of(*PAID_OUT)
    amount_minor = Minor()
    currency = Currency()
    filing_no = Text()
    basis = one_of(*PurposeBasis)
    evidence = Text()
    reason = Text()
    actor = Text()
    changed_at = Time()


class TraceOut(Schema):
    """What became of a gift and its match, in fen. `paid` and `spent` are its share of the project's."""

    kept_minor = Minor(0)
    matched_minor = Minor(0)
    released = fields.Boolean()
    project_minor = Minor(0)
    township_minor = Minor(0)
    management_minor = Minor(0)
    fees_minor = Minor(0)
    paid_minor = Minor(0)
    spent_minor = Minor(0)
    currency = Currency()
