"""Schemas for projects."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.api.campaign_schemas import AnyProjectQuery
from app.api.projects.picture_schemas import NewsOut, PictureOut
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Currency, Flag, Key, Minor, Prose, Text, Time, Whole, one_of
from campaigns.projects import budget
from campaigns.projects.description import (
    FIELDS,
    MOST_CONTACT_NAME,
    MOST_CONTACT_ROLE,
    MOST_UNIT,
    MOST_UNIT_NOTE,
)
from campaigns.projects.review import MOST_COMMENT
from campaigns.projects.themes import THEMES
from matching.rules import MAX_RATING, TIERS


class BudgetRowIn(Schema):
    name = Text(budget.MOST_ROW_NAME, 1, required=True)
    amount_minor = Minor(required=True)
    note = Text(budget.MOST_ROW_NOTE)


class ContactIn(Schema):
    name = Text(MOST_CONTACT_NAME, 1, required=True)
    role = Text(MOST_CONTACT_ROLE)
    phone = Text(30, 1, required=True)
    consented = Flag(
        required=True,
        metadata={
            "description": "they agree that everybody sees their name and number; without it nothing is kept"
        },
    )


class DescriptionIn(Schema):
    """The texts that pages show about a project besides its summary, collected in `description`."""

    unit = Text(MOST_UNIT, metadata={"description": "what a sum buys one of, with its measure: 顿热午饭"})
    unit_price_minor = Minor(allow_none=True, metadata={"description": "what one of it costs, in fen"})
    unit_note = Text(MOST_UNIT_NOTE, metadata={"description": "how the price was reckoned"})
    budget = fields.List(
        fields.Nested(BudgetRowIn),
        validate=validate.Length(max=budget.MOST_ROWS),
        metadata={"description": "adds up to `target_minor`; of a submitted project only reviewers change it"},
    )
    contact = fields.Nested(ContactIn, allow_none=True, metadata={"description": "null removes it"})

    @post_load
    def collect(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Move the fields of the description into `description`."""
        description = {name: body.pop(name) for name in FIELDS if name in body}
        return body | ({"description": description} if description else {})


class ProjectChange(DescriptionIn):
    name = Text(100, 1)
    summary = Prose(2_000)
    theme = one_of(*THEMES)
    target_minor = Minor()
    rating = Whole(0, MAX_RATING, metadata={"description": "stars; 0 is not rated"})


class ProjectIn(DescriptionIn):
    organisation = Text(32, 1, required=True)
    name = Text(100, 1, required=True)
    tier = one_of(*TIERS, required=True)
    summary = Prose(2_000, required=True)
    target_minor = Minor(required=True)
    currency = Currency(required=True)
    code = Text(32, 1)
    theme = one_of(*THEMES)
    template = Key(metadata={"description": "start the description from this one of `GET /projects/templates`"})


class TemplateOut(Schema):
    id = Key()
    name = Text()
    organisation_name = Text()
    theme = Text()
    summary = Text()
    target_minor = Minor()


class CommentIn(Schema):
    text = Prose(MOST_COMMENT, 1, required=True)


class CommentOut(Schema):
    id = Key()
    at = Time()
    actor = Text()
    text = Text()


class BudgetRowOut(Schema):
    name = Text()
    amount_minor = Minor()
    note = Text()


class ProjectContactOut(Schema):
    name = Text()
    role = Text()
    phone = Text()


class DescriptionOut(Schema):
    unit = Text(metadata={"description": "what a sum buys one of; empty: not said"})
    unit_price_minor = Minor(allow_none=True)
    unit_note = Text()
    budget = fields.List(fields.Nested(BudgetRowOut))
    contact = fields.Nested(ProjectContactOut, allow_none=True, metadata={"description": "whom everybody may ask"})


class ProjectOut(DescriptionOut):
    id = Key()
    code = Text()
    organisation = Text(attribute="organisation_code")
    name = Text()
    tier = Text()
    level = Text()
    summary = Text()
    theme = Text()
    target_minor = Minor()
    currency = Currency()
    status = Text()
    rating = Whole(0, MAX_RATING, metadata={"description": "stars; 0 is not rated"})
    created_at = Time()


class AdvanceIn(ReasonIn):
    rating = Whole(
        1, MAX_RATING, metadata={"description": "stars of the evaluation; only from `executing` to `evaluated`"}
    )


class ProjectRowOut(Schema):
    id = Key()
    code = Text()
    name = Text()
    tier = Text()
    level = Text()
    organisation = Text(attribute="organisation_code")
    organisation_name = Text()
    county_code = Text()
    county_name = Text()
    township_code = Text()
    township_name = Text()
    summary = Text()
    target_minor = Minor()
    raised_minor = Minor(0)
    matched_minor = Minor(0)
    currency = Currency()
    status = Text()
    rating = Whole(0, MAX_RATING)
    theme = Text()
    unit = Text(metadata={"description": "what a sum buys one of; empty: not said"})
    unit_price_minor = Minor(allow_none=True)
    picture = fields.Nested(PictureOut, allow_none=True, metadata={"description": "its cover"})


class ProjectPageOut(DescriptionOut, ProjectRowOut):
    """A project as its public page shows it."""

    pictures = fields.List(fields.Nested(PictureOut))
    news = fields.List(fields.Nested(NewsOut))


__all__ = [
    "AnyProjectQuery",
    "CommentIn",
    "CommentOut",
    "ProjectChange",
    "ProjectIn",
    "ProjectOut",
    "ProjectPageOut",
    "ProjectRowOut",
]
