"""The tables of what pages of projects show: pictures and news of the village."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, text
from sqlmodel import Field, SQLModel

import campaigns.projects.models  # noqa: F401  (foreign keys refer to its tables)
from kernel.db import identity, moment, one_of

_TEXT = {"server_default": text("''")}


class People(StrEnum):
    """Who can be recognised in a picture. Everybody but `none` must have agreed, a child's guardians for them."""

    NONE = "none"
    ADULTS = "adults"
    CHILDREN = "children"


class ProjectNews(SQLModel, table=True):
    """What happened in the village. A reviewer may hide it."""

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
    """A picture of a project, or (`news_id`) of a piece of its news. Its files are named by width and `file_key`,
    which is random and never used again; `content_hash` tells the same picture again.

    The first by `position` is the project's cover. `focus_x`, `focus_y`: what must stay visible when the picture is
    cut, in tenths of its width and height. A row that goes takes its files with it.
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
