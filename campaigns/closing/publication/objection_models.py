"""The table of objections to a result that is published but not yet final, and of complaints."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, false, text
from sqlmodel import Field, SQLModel

import campaigns.lifecycle.models
import campaigns.projects.models  # noqa: F401  (foreign keys refer to their tables)
from kernel.db import identity, moment

_EMPTY = {"server_default": text("''")}


class Objection(SQLModel, table=True):
    """An objection to a published result, or a complaint about a campaign (举报), and the reply.

    The sender's words and contact are sealed with the key of the day (`sealed_by`) and become unreadable with it.
    Staff write `summary` and `reply`; those of objections are public, those of complaints are not.
    """

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (reply = '')", name="objection_answered"),
        Index("objection_campaign", "campaign_id", "id"),
        Index("objection_open", "campaign_id", postgresql_where=text("answered_at IS NULL")),
    )
    id: int | None = Field(default=None, sa_column=identity())
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    project_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="project.id")
    is_complaint: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    sealed: bytes = Field(sa_type=LargeBinary)
    sealed_by: int = Field(sa_type=BigInteger)
    raised_at: datetime = Field(sa_column=moment())
    summary: str = Field(default="", sa_column_kwargs=_EMPTY)
    reply: str = Field(default="", sa_column_kwargs=_EMPTY)
    answered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    actor: str = Field(default="", sa_column_kwargs=_EMPTY)
