"""Schemas for goods."""

from marshmallow import Schema, fields

from app.api.schema_fields import Currency, Day, Key, Minor, Text, Time, Whole, one_of
from campaigns.goods.goods import MOST, MOST_EVIDENCE, MOST_GIVER, MOST_QUANTITY, MOST_RECIPIENT
from campaigns.goods.models import GoodsBasis, GoodsState
from campaigns.reasons import MOST_REASON
from kernel.money import CURRENCY


class GoodsIn(Schema):
    name = Text(MOST["name"], 1, required=True, metadata={"description": "published once the value is confirmed"})
    quantity = Whole(1, MOST_QUANTITY, required=True, metadata={"description": "in whole units"})
    unit = Text(MOST["unit"], 1, required=True)
    value_minor = Minor(required=True, metadata={"description": "of all of it; in no sum of money"})
    currency = one_of(CURRENCY, required=True)
    basis = one_of(*GoodsBasis, required=True, metadata={"description": "how it was valued"})
    valued_by = Text(MOST["valued_by"], 1, required=True)
    document = Text(
        MOST["document"], 1, required=True, metadata={"description": "where the paper of the value lies"}
    )
    received_on = Day(required=True)
    giver = Text(
        MOST_GIVER, load_default="", metadata={"description": "an organisation; of a person, their agreement"}
    )
    organisation = Text(
        100,
        load_default="",
        attribute="organisation_code",
        metadata={"description": "who received it: the project's organisation, or one above it"},
    )


class GoodsOut(Schema):
    """Goods given to a project, beside its money."""

    id = Key()
    project = Key(attribute="project_id")
    organisation = Text(attribute="organisation_code")
    name = Text()
    quantity = Whole(1)
    unit = Text()
    value_minor = Minor()
    currency = Currency()
    basis = one_of(*GoodsBasis)
    valued_by = Text()
    giver = Text()
    document = Text()
    received_on = Day()
    handed_out = Whole(0)
    state = one_of(*GoodsState)
    entered_by = Text()
    entered_at = Time()
    reason = Text()
    decided_by = Text()
    decided_at = Time(allow_none=True)


class HandoutIn(Schema):
    quantity = Whole(1, MOST_QUANTITY, required=True)
    recipient = Text(MOST_RECIPIENT, 1, required=True)
    handed_on = Day(required=True)
    evidence = Text(MOST_EVIDENCE, 1, required=True, metadata={"description": "where the list of signatures lies"})


class HandoutCorrectionIn(Schema):
    handout = Key(required=True)
    quantity = Whole(0, MOST_QUANTITY, required=True, metadata={"description": "as it really was; 0: none"})
    reason = Text(MOST_REASON, 1, required=True)


class HandoutOut(Schema):
    """A handout of some goods, visible to managers only. One with `corrects` corrects another: its quantity is the
    difference, negative if less was handed out."""

    id = Key()
    goods = Key(attribute="goods_id")
    corrects = Key(attribute="corrects_id", allow_none=True)
    reason = Text()
    quantity = fields.Integer()
    recipient = Text()
    handed_on = Day()
    evidence = Text()
    actor = Text()
    at = Time()
