"""The tables behind project pages: pictures and news of the village."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, text
from sqlmodel import Field, SQLModel

import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of

_TEXT = {"server_default": text("''")}


class People(StrEnum):
    """Who is recognisable in a picture. Unless it is `none`, they must have agreed; for children, their
    guardians."""

    NONE = "none"
    ADULTS = "adults"
    CHILDREN = "children"


class ProjectNews(SQLModel, table=True):
    """A news item about what happened in the village. A reviewer may hide it."""

    __tablename__ = "project_news"
    __table_args__ = (
        CheckConstraint("title <> ''", name="project_news_title"),
        CheckConstraint("(hidden_by <> '') = (hidden_at IS NOT NULL)", name="project_news_hidden"),
        Index("project_news_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    happened_on: date = Field(sa_column=Column(Date, nullable=False))
    title: str
    text: str = Field(default="", sa_column_kwargs=_TEXT)
    written_by: str
    written_at: datetime = Field(sa_column=moment())
    hidden_by: str = Field(default="", sa_column_kwargs=_TEXT)
    hidden_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    hide_reason: str = Field(default="", sa_column_kwargs=_TEXT)


class ProjectPicture(SQLModel, table=True):
    """A picture of a project or, with `news_id`, of one of its news items.

    Its files are named by `file_key`, which is random and never reused, and width. `content_hash` recognises the
    same picture. The first picture by `position` is the project's cover. `focus_x` and `focus_y` mark what must
    stay visible when the picture is cropped, in tenths of its width and height. Deleting a row deletes its files.
    """

    __tablename__ = "project_picture"
    __table_args__ = (
        CheckConstraint(one_of("people", People), name="project_picture_people"),
        CheckConstraint("(people <> 'none') = (consented_at IS NOT NULL)", name="project_picture_consent"),
        CheckConstraint("focus_x BETWEEN 0 AND 10 AND focus_y BETWEEN 0 AND 10", name="project_picture_focus"),
        CheckConstraint("width > 0 AND height > 0", name="project_picture_size"),
        Index("project_picture_file", "file_key", unique=True),
        Index("project_picture_project", "project_id", "content_hash"),
        Index("project_picture_news", "news_id", unique=True),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    news_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="project_news.id")
    position: int
    file_key: str
    content_hash: str
    width: int
    height: int
    focus_x: int = 5
    focus_y: int = 5
    caption: str
    place: str = Field(default="", sa_column_kwargs=_TEXT)
    taken_on: date | None = Field(default=None, sa_column=Column(Date))
    people: str
    consented_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    uploaded_by: str
    uploaded_at: datetime = Field(sa_column=moment())
