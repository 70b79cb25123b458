"""Schemas for project pictures and news."""

from typing import Any

from marshmallow import Schema, fields

from app.api.schema_fields import Day, Key, Prose, Text, Whole, one_of
from campaigns.disclosure.pictures import Picture
from campaigns.projects.news import MOST_TEXT, MOST_TITLE
from campaigns.projects.page_models import People
from campaigns.projects.picture_file import WIDTHS
from campaigns.projects.pictures import FOCUS_MOST, MOST_CAPTION, MOST_PICTURES, MOST_PLACE, Removal, file_name

_FOCUS = {"description": "what must stay visible, in tenths"}


class PictureChange(Schema):
    caption = Text(MOST_CAPTION, 1, metadata={"description": "what is to be seen"})
    place = Text(MOST_PLACE, metadata={"description": "where"})
    taken_on = Day(allow_none=True, metadata={"description": "when"})
    focus_x = Whole(0, FOCUS_MOST, metadata=_FOCUS)
    focus_y = Whole(0, FOCUS_MOST, metadata=_FOCUS)
    position = Whole(1, MOST_PICTURES, metadata={"description": "the first is the project's cover"})


class PictureQuery(Schema):
    """Parameters of an upload. The picture is the body, or the field `file` of a form."""

    caption = Text(MOST_CAPTION, 1, required=True)
    place = Text(MOST_PLACE)
    taken_on = Day()
    people = one_of(*People, required=True, metadata={"description": "who can be recognised"})
    consented = fields.Boolean(metadata={"description": "they agreed; for children their guardians"})
    focus_x = fields.Integer()
    focus_y = fields.Integer()


class RemovalIn(Schema):
    reason = one_of(*Removal, required=True)


class PictureOut(Schema):
    id = Key()
    caption = Text()
    place = Text()
    taken_on = Day(allow_none=True)
    people = Text()
    focus_x = Whole()
    focus_y = Whole()
    position = Whole()
    width = Whole(1)
    height = Whole(1)
    files = fields.Method("_files", metadata={"description": "width in pixels -> address (WebP)"})

    def _files(self, picture: Picture) -> dict[str, Any]:
        return {str(width): f"/pictures/{file_name(picture.file_key, width)}" for width in WIDTHS}


class NewsIn(Schema):
    happened_on = Day(required=True)
    title = Text(MOST_TITLE, 1, required=True)
    text = Prose(MOST_TEXT)


class NewsChange(Schema):
    happened_on = Day()
    title = Text(MOST_TITLE, 1)
    text = Prose(MOST_TEXT)


class NewsOut(Schema):
    id = Key()
    happened_on = Day()
    title = Text()
    text = Prose()
    picture = fields.Nested(PictureOut, allow_none=True)


class ManagedNewsOut(NewsOut):
    hidden = fields.Boolean(metadata={"description": "a reviewer hid it from the public"})
