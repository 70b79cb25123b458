"""Schemas for money out: splits, accounts of payees, payout plans and their remittances."""

from marshmallow import Schema, fields, validate

from app.api.reason_schemas import OneLineReasonIn
from app.api.schema_fields import Currency, Day, Key, Label, Minor, Text, Time, Whole, one_of
from campaigns.payouts.models import FeesFrom, PayeeState, PlanState, RemittanceState, SurplusWay
from campaigns.payouts.payees import MOST_BANK, MOST_HOLDER
from campaigns.payouts.remittances import MOST_REFERENCE
from campaigns.payouts.rules import MOST_SOURCE
from campaigns.reasons import MOST_REASON
from kernel.money import BPS_WHOLE
from ledger.chart import PAID_OUT
from matching.rules import LEVELS
from payments.bank.pain002 import Answer


class SplitIn(Schema):
    project_bps = Whole(0, BPS_WHOLE, required=True)
    township_bps = Whole(0, BPS_WHOLE, load_default=0)
    management_bps = Whole(0, BPS_WHOLE, load_default=0)
    valid_from = Time(load_default=None, metadata={"description": "default: now"})
    reason = Text(MOST_REASON, 1, required=True)


class SplitOut(Schema):
    """A version of a project's split, in basis points that sum to 10,000."""

    id = Key()
    project = Key(attribute="project_id")
    project_bps = Whole()
    township_bps = Whole()
    management_bps = Whole()
    valid_from = Time()
    reason = Text()
    actor = Text()
    created_at = Time()


class PayoutRulesIn(Schema):
    fees_from = one_of(*FeesFrom, metadata={"description": "who bears what payment providers charge"})
    lowest_payee = one_of(*LEVELS, metadata={"description": "organisations below this level are not paid"})
    management_most_bps = Whole(0, BPS_WHOLE, metadata={"description": "ceiling of a project's management share"})
    surplus_to = one_of(
        *SurplusWay, metadata={"description": "what becomes of money that ended projects have left"}
    )
    management_year_most_bps = Whole(
        0, BPS_WHOLE, metadata={"description": "ceiling of a year's management cost, of all spending of the year"}
    )
    management_source = Text(MOST_SOURCE, 1, metadata={"description": "where that ceiling stands"})


class PayoutRulesOut(PayoutRulesIn):
    organisation = Text(metadata={"description": "code of whose rules these are; empty: our defaults"})


class PayeeIn(Schema):
    holder = Text(MOST_HOLDER, 1, required=True)
    bank = Text(MOST_BANK, 1, required=True)
    bank_code = Text(12, 1, required=True, metadata={"description": "联行号, 12 digits"})
    number = Label(40, 1, required=True, metadata={"description": "stored sealed, never returned"})


class PayeeOut(Schema):
    """The bank account of an organisation, with only the last digits of its number."""

    id = Key()
    organisation = Text(attribute="organisation_code")
    holder = Text()
    bank = Text()
    bank_code = Text()
    tail = Text(metadata={"description": "the last four digits"})
    shared_with = fields.List(
        Text(), metadata={"description": "other organisations with the same number; empty once it has ended"}
    )
    state = one_of(*PayeeState)
    proposed_by = Text()
    proposed_at = Time()
    confirmed_by = Text()
    confirmed_at = Time(allow_none=True)
    ended_at = Time(allow_none=True)


class MoneyOutFigures(Schema):
    """Amounts in fen. `left`: may be paid out and is in no approved plan; `payable`: set aside for remittances."""

    raised_minor = fields.Integer()
    matched_minor = Minor(0)
    project_minor = Minor(0)
    township_minor = Minor(0)
    management_minor = Minor(0)
    fees_minor = Minor(0)
    left_minor = Minor(0)
    payable_minor = Minor(0)
    paid_minor = Minor(0)
    moved_minor = fields.Integer(
        metadata={"description": "from other projects, minus to them or to funds: other purposes and surpluses"}
    )
    currency = Currency()


class CampaignMoneyOut(MoneyOutFigures):
    fees_from = one_of(*FeesFrom, metadata={"description": "who bears providers' fees, also of later money"})


class ProjectMoneyOut(MoneyOutFigures):
    project = Key(attribute="project_id")
    code = Text()
    name = Text()


class PlanOut(Schema):
    """A payout plan. `draft`: it holds no money; `approved`: its money is set aside; `sent`: it was sent to the
    bank, and is finished once no payment is open."""

    id = Key()
    campaign = Text()
    state = one_of(*PlanState)
    open_payments = Whole(0, metadata={"description": "sent to the bank, and neither paid nor refused yet"})
    failed_payments = Whole(0, metadata={"description": "refused or returned by the bank, or withdrawn"})
    total_minor = Minor()
    currency = Currency()
    made_by = Text()
    made_at = Time()
    approved_by = Text()
    approved_at = Time(allow_none=True)
    sent_by = Text()
    sent_at = Time(allow_none=True)
    reason = Text()


class RemittancePartOut(Schema):
    project = Key(attribute="project_id")
    share = one_of(*PAID_OUT)
    amount_minor = Minor()


class BankAnswerOut(Schema):
    """What the bank said last of a payment, in a pain.002 that was imported."""

    answer = one_of(*Answer)
    reason = Text(metadata={"description": "the bank's code and words, if it refused"})
    report = Text(metadata={"description": "the bank's id of its report"})
    stated_at = Time()
    actor = Text()
    imported_at = Time()


class FailureOut(Schema):
    """A payment that came back or never left."""

    returned_on = Day(allow_none=True, metadata={"description": "the day it came back; null if it never left"})
    returned_item = Text(metadata={"description": "what the bank's line was matched with; empty without a line"})
    paid_again_in = Key(allow_none=True, metadata={"description": "the plan that pays it again; null until then"})


class RemittanceOut(Schema):
    """One payment of a plan to one organisation."""

    id = Key()
    plan = Key(attribute="plan_id")
    organisation = Text(attribute="organisation_code")
    payee = Key(attribute="payee_account_id", allow_none=True)
    end_to_end_id = Text(metadata={"description": "goes to the bank, and comes back on its statement"})
    amount_minor = Minor()
    currency = Currency()
    state = one_of(*RemittanceState)
    reference = Text()
    evidence = Text()
    paid_on = Day(allow_none=True)
    reason = Text()
    bank_answer = fields.Nested(BankAnswerOut, allow_none=True)
    failure = fields.Nested(FailureOut, allow_none=True)


class RemittanceWithParts(RemittanceOut):
    parts = fields.List(fields.Nested(RemittancePartOut))


class PaidIn(Schema):
    reference = Label(
        MOST_REFERENCE, 1, required=True, metadata={"description": "the bank's number of the payment"}
    )
    paid_on = Day(required=True)
    evidence = Text(MOST_REASON, 1, required=True, metadata={"description": "where it was seen"})


class ReturnedIn(OneLineReasonIn):
    returned_on = Day(
        load_default=None, metadata={"description": "the day of the bank's statement; today if it is not stated"}
    )


class FileQuery(Schema):
    format = fields.String(validate=validate.OneOf(("csv", "pain001")), load_default="csv")
