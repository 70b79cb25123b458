"""The table of saved views of lists."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment


class SavedView(SQLModel, table=True):
    """The filters of a list, saved under a name by an account (`owner`, as in `Caller`). `shared`: colleagues of
    the branch (None: of the whole network) see it too."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("owner", "page", "name", name="saved_view_name"),
        Index("saved_view_shared", "page", postgresql_where=text("shared")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    owner: str
    saved_by: str
    page: str
    name: str
    filters: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    shared: bool = False
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    saved_at: datetime = Field(sa_column=moment())
