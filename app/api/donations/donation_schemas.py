"""Schemas for donations."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from app.api.schema_fields import Currency, Flag, Key, Label, Minor, Prose, Text, Time, Whole, one_of
from campaigns.donations.donors.person_models import AgeBand
from campaigns.donations.donors.tribute import KINDS as TRIBUTE_KINDS
from campaigns.donations.donors.tribute import MOST_NAME as MOST_TRIBUTE
from campaigns.donations.models import PUBLIC_CHANNELS, RefundRequestState

FLOWS = ("redirect", "intent")


class DonorIn(Schema):
    name = Text(80, allow_none=True)
    email = Text(254, allow_none=True)
    phone = Text(32, allow_none=True)
    anonymous = Flag()
    publish_name = Flag()


class ChannelIn(Schema):
    kind = one_of(*PUBLIC_CHANNELS, required=True)
    code = Label(64)


class ReplacedIn(Schema):
    id = fields.UUID(required=True)
    token = Text(200, required=True, metadata={"description": "the token of that donation"})


class TributeIn(Schema):
    kind = one_of(*TRIBUTE_KINDS, required=True)
    name = Text(MOST_TRIBUTE, 1, required=True)


class DonationIn(Schema):
    """A donation as a client sends it. The client creates the id, so that a repetition after a lost response is the
    same donation."""

    id = fields.UUID(required=True, metadata={"description": "any version but 5; the client makes it"})
    campaign = Text(60, 1, required=True)
    project = Key(required=True)
    # The donation limits are settings. The use case refuses amounts outside them with `amount_invalid`.
    amount_minor = Whole(-(2**63), 2**63 - 1, required=True, metadata={"description": "fen"})
    currency = Currency(required=True)
    donor = fields.Nested(DonorIn)
    tribute = fields.Nested(TributeIn, metadata={"description": "in whose honour or memory; shown as `message` is"})
    age = one_of(*AgeBand, metadata={"description": "of a donor under age; left out: of full age"})
    guardian = Flag(metadata={"description": "whether their guardian agrees; needed with `age`"})
    message = Prose(500)
    team = Label(60)
    channel = fields.Nested(ChannelIn)
    accept_unmatched = Flag()
    confirmed = Flag(
        metadata={
            "description": "false: refuse what is unusual with `giving_unusual`, so that the donor can be"
            " asked; true: they were asked and confirm. Left out: nothing is asked and nothing is paused"
        },
    )
    payment_flow = one_of(*FLOWS)
    replaces = fields.List(
        fields.Nested(ReplacedIn),
        validate=validate.Length(max=20),
        metadata={
            "description": "Unpaid donations of the same donor in this campaign that this one replaces: they are"
            " cancelled and their match is released in the same step, or nothing happens. One that is paid or being"
            " paid is refused with `replaced_being_paid`, one whose token is wrong with `replaced_unknown`."
        },
    )


class MatchPartOut(Schema):
    pot = Key(attribute="pot_id")
    name = Text(attribute="pot_name")
    amount_minor = Minor()
    state = one_of("reserved", "captured", "held")


class MatchOut(Schema):
    reserved_minor = Minor(0)
    captured_minor = Minor(0)
    held_minor = Minor(0, metadata={"description": "captured, but on hold until a reviewer decides"})
    until = Time(allow_none=True)
    parts = fields.List(fields.Nested(MatchPartOut))


class PaymentOut(Schema):
    provider = Text()
    reference = Text(allow_none=True)
    url = fields.Url()
    client_secret = Text()

    @post_dump
    def only_what_is_there(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None or name == "reference"}


class DonationOut(Schema):
    id = fields.UUID()
    status = Text()
    token = Text(metadata={"description": "opens this donation; keep it"})
    campaign = Text()
    project = Key()
    amount_minor = Minor()
    refunded_minor = Minor(0)
    currency = Currency()
    channel = Text()
    message = Text()
    accept_unmatched = fields.Boolean()
    pledged_at = Time()
    paid_at = Time(allow_none=True)
    erased_at = Time(allow_none=True, metadata={"description": "when all that is personal of it was erased"})
    match = fields.Nested(MatchOut)
    payment = fields.Nested(PaymentOut)


class HoldOut(Schema):
    until = Time()


class RefundIn(Schema):
    amount_minor = Minor(allow_none=True)
    reason = Prose(500, required=True)


class RefundOut(Schema):
    id = Key()
    donation = fields.UUID(attribute="donation_id")
    amount_minor = Minor()
    reason = Text()
    state = one_of(
        *RefundRequestState,
        metadata={"description": "`sent`: the provider accepted it; `failed`: the money came back to us"},
    )
    requested_at = Time()


class RefundableOut(Schema):
    """A paid donation of the donor. `left_minor` can be refunded. `refused` is the code of the reason when nothing
    can."""

    donation = fields.UUID(attribute="donation_id")
    left_minor = Minor(0)
    refused = Text()


class RefundPreviewOut(Schema):
    donations = fields.List(fields.Nested(RefundableOut))
    skipped = fields.List(fields.Nested(RefundableOut))
    total_minor = Minor(0)
    currency = Currency()


class RefundDonorOut(Schema):
    refunds = fields.List(fields.Nested(RefundOut))
    skipped = fields.List(fields.Nested(RefundableOut))
    total_minor = Minor(0)
    currency = Currency()
