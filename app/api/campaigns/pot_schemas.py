"""Schemas for pots and their rules."""

from marshmallow import Schema, fields, validate

from app.api.campaign_schemas import PotOut
from app.api.reason_schemas import AnyReasonIn
from app.api.schema_fields import Key, Minor, Text, Time, Whole, one_of, texts
from matching.kinds import PotKind, PotMode
from matching.rules import LEVELS, TIERS


class ScopeIn(Schema):
    """The projects that a pot serves. An omitted part means any."""

    levels = fields.List(one_of(*LEVELS))
    tiers = fields.List(one_of(*TIERS))
    under = texts(32)
    projects = fields.List(Key(), validate=validate.Length(max=10_000))
    minimum_rating = Whole(0, 5)


class CapsIn(Schema):
    """Caps on match, in fen."""

    donation_minor = Minor(allow_none=True)
    donor_day_minor = Minor(allow_none=True)
    donor_minor = Minor(allow_none=True)
    project_minor = Minor(allow_none=True)
    county_minor = Minor(allow_none=True)


class RandomIn(Schema):
    """A random pot. Each donation draws its ratio between `least_bps` and `ratio_bps`."""

    least_bps = Whole(0, load_default=0)


class ChallengeIn(Schema):
    """The threshold at which a challenge pot unlocks. Give one of the two."""

    donors = Whole(1)
    raised_minor = Minor()


class RulesIn(Schema):
    ratio_bps = Whole(required=True, metadata={"description": "10,000 is 1:1"})
    scope = fields.Nested(ScopeIn)
    minimum_minor = Minor(0, allow_none=True)
    caps = fields.Nested(CapsIn)
    random = fields.Nested(
        RandomIn, metadata={"description": "of random pots only; without it they draw from 0 to `ratio_bps`"}
    )
    challenge = fields.Nested(ChallengeIn, metadata={"description": "of challenge pots only, which need it"})


class TrancheIn(Schema):
    opens_at = Time(required=True)
    amount_minor = Minor(required=True)


class PotIn(Schema):
    campaign = Text(60, 1, required=True)
    fund = Key(required=True)
    name = Text(100, 1, required=True)
    rank = Whole(1, 1_000, required=True)
    kind = one_of(*PotKind, load_default="ratio")
    mode = one_of(*PotMode, metadata={"description": "reserve by default; a random pot can only match at payment"})
    rules = fields.Nested(RulesIn, required=True)
    tranches = fields.List(fields.Nested(TrancheIn), required=True, validate=validate.Length(max=1_000))


class RulesChangeIn(Schema):
    rules = fields.Nested(RulesIn, required=True)
    valid_from = Time(allow_none=True)


class AmountIn(Schema):
    amount_minor = Minor(required=True)


class PotQuery(Schema):
    campaign = Text(60)


class TrancheMoveIn(AnyReasonIn):
    opens_at = Time(required=True, metadata={"description": "the new time, not before now"})


class TrancheOut(Schema):
    id = Key()
    opens_at = Time()
    amount_minor = Minor()
    state = one_of("closed", "open", "withdrawn")


class PotManagedOut(PotOut):
    tranches = fields.List(fields.Nested(TrancheOut))
    campaign = Text()
    fund = Key()
    rules_version = Whole()
