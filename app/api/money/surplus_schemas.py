"""Schemas for the surplus of ended projects."""

from marshmallow import Schema

from app.api.schema_fields import Currency, Day, Key, Label, Minor, Text, Time, one_of
from campaigns.payouts.models import SurplusWay
from campaigns.payouts.surplus import MOST_REFERENCE
from campaigns.projects.states import STATUSES
from campaigns.reasons import MOST_REASON
from kernel.money import CURRENCY
from ledger.chart import PAID_OUT

_MOST_SLUG = 100


class SurplusOut(Schema):
    """An ended project with money left: what the host still holds, and what the project was paid and did not
    spend."""

    project = Key(attribute="project_id")
    code = Text()
    name = Text()
    status = one_of(*STATUSES)
    held_minor = Minor(0)
    unspent_minor = Minor(0)
    currency = Currency()


class MovableOut(Schema):
    """Money that a share of a project has in a released campaign, and the rule for what is left at its end."""

    campaign = Text(attribute="slug")
    share = one_of(*PAID_OUT)
    available_minor = Minor(0)
    currency = Currency()
    rule = one_of(*SurplusWay)
    plan_rule = Text(metadata={"description": "as the campaign's plan says it"})


class UseIn(Schema):
    campaign = Text(_MOST_SLUG, 1, required=True)
    share = one_of(*PAID_OUT, load_default="share_project")
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)
    way = one_of(*SurplusWay, required=True)
    to = Key(required=True, metadata={"description": "a project; with the way `fund` a fund"})
    reason = Text(MOST_REASON, 1, required=True)


class UseOut(Schema):
    """Surplus that went to another project or into a fund."""

    id = Key()
    project = Key(attribute="project_id")
    share = one_of(*PAID_OUT)
    amount_minor = Minor()
    currency = Currency()
    way = one_of(*SurplusWay)
    to_project = Key(attribute="to_project_id", allow_none=True)
    to_fund = Key(attribute="to_fund_id", allow_none=True)
    reason = Text()
    actor = Text()
    used_at = Time()


class ReturnIn(Schema):
    campaign = Text(_MOST_SLUG, 1, required=True)
    amount_minor = Minor(required=True)
    currency = one_of(CURRENCY, required=True)
    reference = Label(MOST_REFERENCE, 1, required=True, metadata={"description": "the bank's, once"})
    returned_on = Day(required=True)


class ReturnOut(Schema):
    """Money of an ended project that came back to the bank."""

    id = Key()
    project = Key(attribute="project_id")
    amount_minor = Minor()
    currency = Currency()
    reference = Text()
    returned_on = Day()
    actor = Text()
    entered_at = Time()
