"""Bodies of decisions that hold nothing but the reason; those with more in them build on these."""

from marshmallow import Schema

from app.api.schema_fields import Prose, Text
from campaigns.reasons import MOST_REASON


class ReasonIn(Schema):
    reason = Prose(MOST_REASON, 1, required=True)


class DonorReasonIn(Schema):
    reason = Prose(MOST_REASON, 1, required=True, metadata={"description": "why; the donor reads it"})


class OneLineReasonIn(Schema):
    reason = Text(MOST_REASON, 1, required=True)


class AnyReasonIn(Schema):
    """Whether it may be empty is for the use case to say, with a code of its own."""

    reason = Prose(MOST_REASON, required=True)
