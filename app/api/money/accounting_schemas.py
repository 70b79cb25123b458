"""Schemas for accounting."""

from marshmallow import Schema, fields

from app.api.schema_fields import Currency, Day, Key, Minor, Prose, Text, Time, Whole, one_of
from campaigns.accounting.chart import MOST_NAME
from campaigns.reasons import MOST_REASON
from ledger.chart import AccountKind
from ledger.kinds import TransferKind


class VoucherQuery(Schema):
    period = Text(7, metadata={"description": "a month in Shanghai: `2026-09`"})
    campaign = Text(60, metadata={"description": "slug"})
    kind = one_of(*TransferKind)


class VoucherOut(Schema):
    """All transfers of one kind, campaign and day, summed. Debits and credits are `amount_minor` each."""

    id = Key()
    period = Text()
    word = Text(metadata={"description": "凭证字"})
    number = Whole(1, metadata={"description": "凭证号, without a gap within period and word"})
    dated_on = Day(metadata={"description": "the day it bears; within its period"})
    occurred_on = Day(metadata={"description": "the day of its transfers, in Shanghai"})
    kind = one_of(*TransferKind)
    campaign = Text(metadata={"description": "slug; empty for what belongs to no campaign"})
    campaign_name = Text()
    currency = Currency()
    amount_minor = Minor()
    transfers = Whole(1)
    chart_version = Whole(1, allow_none=True, metadata={"description": "null: our default chart"})


class VoucherLineOut(Schema):
    position = Whole(1)
    account_kind = one_of(*AccountKind)
    code = Text(metadata={"description": "科目编码 of the chart that was in force"})
    name = Text()
    fund = Text()
    pot = Text()
    provider = Text()
    project_code = Text(
        metadata={"description": "of income and cost of a project; empty for reserved and captured match"}
    )
    project_name = Text()
    debit_minor = Minor(0)
    credit_minor = Minor(0)


class VoucherDetailOut(VoucherOut):
    lines = fields.List(fields.Nested(VoucherLineOut))


class VoucherMovementOut(Schema):
    """A transfer behind a voucher."""

    id = Key()
    recorded_at = Time()
    amount_minor = Minor()
    donation = fields.UUID(attribute="donation_id", allow_none=True)
    project_code = Text()
    project_name = Text()
    debit_kind = one_of(*AccountKind)
    credit_kind = one_of(*AccountKind)


class BookIn(Schema):
    through = Day(load_default=None, allow_none=True, metadata={"description": "the last day; default: yesterday"})


class BookedOut(Schema):
    vouchers = Whole(0)
    transfers = Whole(0)
    last_transfer = Whole(0)


class PeriodOut(Schema):
    """A closed period."""

    period = Text()
    actor = Text()
    closed_at = Time()


class AccountIn(Schema):
    kind = one_of(*AccountKind, required=True)
    code = Text(12, 1, required=True, metadata={"description": "four digits, two more for each level below"})
    name = Text(MOST_NAME, 1, required=True)


class ChartIn(Schema):
    accounts = fields.List(fields.Nested(AccountIn), required=True)
    reason = Prose(MOST_REASON, 1, required=True)


class ChartOut(Schema):
    """The chart in force. `number` is null for our default."""

    number = Whole(1, allow_none=True)
    accounts = fields.List(fields.Nested(AccountIn))


class BalanceOut(Schema):
    """An account in a period; balances are debits minus credits."""

    code = Text()
    name = Text()
    currency = Currency()
    opening_minor = fields.Integer()
    debit_minor = Minor(0)
    credit_minor = Minor(0)
    closing_minor = fields.Integer()
