"""Request bodies of decisions that contain only the reason. Larger bodies inherit from these."""

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
    """A reason that may be empty. The use case decides, with a code of its own, whether it must be given."""

    reason = Prose(MOST_REASON, required=True)


class OptionalReasonIn(Schema):
    """A reason that may be left out."""

    reason = Prose(MOST_REASON, load_default="")
