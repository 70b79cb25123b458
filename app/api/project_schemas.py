"""Projects and funds as JSON."""

from marshmallow import Schema

from app.api.campaign_schemas import ProjectQuery
from app.api.schema_fields import Currency, Key, Minor, Prose, Text, Time, Whole, one_of
from campaigns.projects.review import MOST_COMMENT
from campaigns.projects.themes import THEMES
from matching.rules import MAX_RATING, TIERS


class ProjectChange(Schema):
    name = Text(100, 1)
    summary = Prose(2_000)
    theme = one_of(*THEMES)
    target_minor = Minor()
    rating = Whole(0, MAX_RATING, metadata={"description": "stars; 0 is not rated"})


class ProjectIn(Schema):
    organisation = Text(32, 1, required=True)
    name = Text(100, 1, required=True)
    tier = one_of(*TIERS, required=True)
    summary = Prose(2_000, required=True)
    target_minor = Minor(required=True)
    currency = Currency(required=True)
    code = Text(32, 1)
    theme = one_of(*THEMES)


class CommentIn(Schema):
    text = Prose(MOST_COMMENT, 1, required=True)


class CommentOut(Schema):
    id = Key()
    at = Time()
    actor = Text()
    text = Text()


class ReasonIn(Schema):
    reason = Prose(500, 1, required=True)


class ProjectOut(Schema):
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


__all__ = [
    "CommentIn",
    "CommentOut",
    "ProjectChange",
    "ProjectIn",
    "ProjectOut",
    "ProjectQuery",
    "ProjectRowOut",
    "ReasonIn",
]
