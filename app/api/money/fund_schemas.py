"""Schemas for funds, their deposits and grants."""

from marshmallow import Schema, fields

from app.api.schema_fields import Currency, Flag, Key, Label, Minor, Prose, Text, Time, one_of
from campaigns.funds.deposit_preview import Why
from campaigns.funds.funds import KINDS
from campaigns.reasons import MOST_REASON
from ledger.kinds import INTO_FUND, OUT_OF_FUND

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
    reference = Label(100, 1, required=True)


class DepositOut(Schema):
    id = Key()
    fund = Key()
    amount_minor = Minor()
    currency = Currency()
    reference = Text()
    balance_minor = Minor(0)


class AlikeOut(Schema):
    """A deposit that may be the same money."""

    id = Key()
    fund = Key()
    fund_name = Text()
    reference = Text()
    amount_minor = Minor()
    booked_at = Time()
    why = one_of(*Why)


class FedPotOut(Schema):
    """A pot that the fund pays."""

    id = Key()
    name = Text()
    free_minor = Minor(0)


class DepositPreviewOut(Schema):
    """The effect that a deposit would have. `fresh` is false if it is in the books already."""

    fresh = fields.Boolean()
    before_minor = Minor(0)
    balance_minor = Minor(0)
    currency = Currency()
    alike = fields.List(fields.Nested(AlikeOut))
    pots = fields.List(fields.Nested(FedPotOut))


class CorrectionIn(Schema):
    amount_minor = Minor(0, required=True, metadata={"description": "what really came in; 0: nothing did"})
    currency = Currency(required=True)
    reason = Text(MOST_REASON, 1, required=True)
    preview = Flag(
        load_default=False, metadata={"description": "true: only return what would be booked, and book nothing"}
    )


class DepositCorrectionOut(Schema):
    """A deposit before and after its correction, and the fund's balance afterwards."""

    deposit = Key(attribute="deposit_id")
    reference = Text()
    before_minor = Minor(0)
    amount_minor = Minor(0)
    balance_minor = Minor(0)
    currency = Currency()


class FundEntryOut(Schema):
    """A movement of a fund's money, negative when money leaves. `balance_minor` is the balance after it."""

    booked_at = Time()
    kind = one_of(*INTO_FUND, *OUT_OF_FUND)
    amount_minor = fields.Integer(metadata={"description": "fen"})
    balance_minor = Minor(0)
    currency = Currency()
    deposit = Key(attribute="entry_id", allow_none=True, metadata={"description": "of a deposit or correction"})
    corrects = Key(attribute="corrects_id", allow_none=True, metadata={"description": "the deposit it corrects"})
    reference = Text()
    reason = Text()
    actor = Text()
    pot = Key(attribute="pot_id", allow_none=True)
    donation = fields.UUID(attribute="donation_id", allow_none=True)
    other_fund = Text(metadata={"description": "name of the other side of a transfer between funds, else empty"})


class FundTransferIn(Schema):
    to_fund = Key(required=True)
    amount_minor = Minor(required=True)
    currency = Currency(required=True)
    reason = Text(MOST_REASON, 1, required=True)


class FundTransferOut(Schema):
    """Money moved from one fund to another."""

    id = Key()
    from_fund = Key(attribute="from_fund_id")
    to_fund = Key(attribute="to_fund_id")
    amount_minor = Minor()
    currency = Currency()
    reason = Text()
    actor = Text()
    moved_at = Time()


class FundMonthOut(Schema):
    """A month of a fund: opening + in - out = closing."""

    month = Text()
    opening_minor = Minor(0)
    in_minor = Minor(0)
    out_minor = Minor(0)
    closing_minor = Minor(0)
    currency = Currency()


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
