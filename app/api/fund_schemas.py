"""Funds, their deposits and their grants as JSON."""

from marshmallow import Schema

from app.api.schema_fields import Currency, Key, Minor, Prose, Text, Time, one_of
from campaigns.funds.funds import KINDS
from campaigns.reasons import MOST_REASON

MOST_CODE = 32


class FundIn(Schema):
    name = Text(100, 1, required=True)
    kind = one_of(*KINDS, required=True)
    organisation = Text(
        MOST_CODE,
        1,
        metadata={"description": "code of the owner; default: the caller's branch, or the federation"},
    )


class FundOut(Schema):
    id = Key()
    name = Text()
    kind = Text()
    currency = Currency()
    organisation = Text(
        attribute="organisation_code", allow_none=True, metadata={"description": "null: the federation"}
    )
    balance_minor = Minor(0)


class DepositIn(Schema):
    amount_minor = Minor(required=True)
    currency = Currency(required=True)
    reference = Text(100, 1, required=True)


class DepositOut(Schema):
    fund = Key()
    amount_minor = Minor()
    currency = Currency()
    reference = Text()
    balance_minor = Minor(0)


class GrantIn(Schema):
    organisation = Text(MOST_CODE, 1, required=True)
    reason = Prose(MOST_REASON, required=True)


class RevokeGrantIn(Schema):
    organisation = Text(MOST_CODE, 1, required=True)


class GrantOut(Schema):
    """Campaigns hosted in the branch of `organisation` may fill their pots from the fund, until it is revoked."""

    fund = Key(attribute="fund_id")
    organisation = Text(attribute="organisation_code")
    reason = Text()
    actor = Text()
    granted_at = Time()
    revoked_at = Time(allow_none=True)
