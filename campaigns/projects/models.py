"""The tables of projects: projects, their history, comments, ratings, declarations and listings on the
blacklist."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

import campaigns.network.models  # noqa: F401  (foreign keys refer to its tables)
from campaigns.projects.states import Status
from campaigns.projects.themes import Theme
from kernel.db import identity, moment, one_of
from ledger.order import place_in_order
from matching.rules import MAX_RATING, Tier

_TEXT = {"server_default": text("''")}


class Project(SQLModel, table=True):
    """A project of one organisation.

    The codes of its county and township are copied from the tree, so that totals by place need no recursion. They
    change only when its node is merged into another (`ProjectMove`).
    """

    __table_args__ = (
        CheckConstraint(one_of("tier", Tier), name="project_tier"),
        CheckConstraint("target_minor > 0", name="project_target"),
        CheckConstraint(f"rating BETWEEN 0 AND {MAX_RATING}", name="project_rating"),
        CheckConstraint(one_of("status", Status), name="project_status"),
        CheckConstraint(one_of("theme", Theme), name="project_theme"),
        CheckConstraint("(unit <> '') = (unit_price_minor IS NOT NULL)", name="project_unit"),
        CheckConstraint("unit_price_minor > 0", name="project_unit_price"),
        CheckConstraint("(contact_name <> '') = (contact_consented_at IS NOT NULL)", name="project_contact"),
        Index("project_lineage", "lineage", postgresql_using="gin"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    code: str = Field(unique=True)
    organisation_code: str = Field(foreign_key="organisation.code")
    name: str
    tier: str
    level: str
    summary: str
    target_minor: int = Field(sa_type=BigInteger)
    currency: str
    status: str
    theme: str = Field(default=Theme.OTHER.value, sa_column_kwargs={"server_default": "other"})
    rating: int = 0  # 0: not rated; else 1 to 5 stars
    county_code: str = ""
    township_code: str = ""
    lineage: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    created_at: datetime = Field(sa_column=moment())
    # What an amount buys: one `unit` for every `unit_price_minor` fen.
    unit: str = Field(default="", sa_column_kwargs=_TEXT)
    unit_price_minor: int | None = Field(default=None, sa_type=BigInteger)
    unit_note: str = Field(default="", sa_column_kwargs=_TEXT)
    # Rows as `campaigns.projects.budget.BudgetRow`.
    budget: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    # The public contact of the project. Without consent it has none.
    contact_name: str = Field(default="", sa_column_kwargs=_TEXT)
    contact_role: str = Field(default="", sa_column_kwargs=_TEXT)
    contact_phone: str = Field(default="", sa_column_kwargs=_TEXT)
    contact_consented_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))

    @property
    def contact(self) -> dict[str, str] | None:
        """The public contact of the project, or None if no one agreed to be named."""
        if not self.contact_name:
            return None
        return {"name": self.contact_name, "role": self.contact_role, "phone": self.contact_phone}


class ProjectHistory(SQLModel, table=True):
    """One row per change of status. Append-only."""

    __tablename__ = "project_history"
    __table_args__ = (Index("project_history_project", "project_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    from_status: str | None = None
    to_status: str
    at: datetime = Field(sa_column=moment())
    actor: str
    reason: str = ""


class RelatedParties(SQLModel, table=True):
    """A declaration of whether those who carry out a project or benefit from it are related to its donors or
    managers.

    The newest one applies. Append-only.
    """

    __tablename__ = "related_parties"
    __table_args__ = (
        CheckConstraint("NOT related OR text <> ''", name="related_parties_said"),
        Index("related_parties_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    related: bool
    text: str
    actor: str
    declared_at: datetime = Field(sa_column=moment())


class ProjectComment(SQLModel, table=True):
    """An internal comment on a project. Append-only."""

    __tablename__ = "project_comment"
    __table_args__ = (
        CheckConstraint("text <> '' AND actor <> ''", name="project_comment_said"),
        Index("project_comment_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    at: datetime = Field(sa_column=moment())
    actor: str
    text: str


class ProjectRating(SQLModel, table=True):
    """A rating. Its `position` in the order of the books decides which match it counts for. Append-only."""

    __tablename__ = "project_rating"
    __table_args__ = (
        CheckConstraint(f"rating BETWEEN 0 AND {MAX_RATING}", name="project_rating_range"),
        Index("project_rating_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    rating: int
    rated_at: datetime = Field(sa_column=moment())
    actor: str
    position: int | None = Field(default=None, sa_column=place_in_order())


class Spelling(SQLModel, table=True):
    """The pinyin of a project's or place's name (`spelling.py`)."""

    name: str = Field(primary_key=True)
    syllables: str
    search: str


class ProjectListing(SQLModel, table=True):
    """A listing of a project on the blacklist: the reason, its author, its end (NULL: none), the appeal, and who
    lifted it."""

    __tablename__ = "project_listing"
    __table_args__ = (
        CheckConstraint("until > listed_at", name="project_listing_term"),
        CheckConstraint("reason <> '' AND actor <> ''", name="project_listing_said"),
        CheckConstraint("(lifted_by <> '') = (lifted_at IS NOT NULL)", name="project_listing_lifted"),
        CheckConstraint("(appeal <> '') = (appealed_at IS NOT NULL)", name="project_listing_appeal"),
        CheckConstraint("(answer <> '') = (answered_at IS NOT NULL)", name="project_listing_answer"),
        CheckConstraint("answered_at IS NULL OR appealed_at IS NOT NULL", name="project_listing_answered"),
        Index("project_listing_once", "project_id", unique=True, postgresql_where=text("lifted_at IS NULL")),
        Index("project_listing_project", "project_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    reason: str
    actor: str
    listed_at: datetime = Field(sa_column=moment())
    until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    appeal: str = Field(default="", sa_column_kwargs=_TEXT)
    appealed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    answer: str = Field(default="", sa_column_kwargs=_TEXT)
    answered_by: str = Field(default="", sa_column_kwargs=_TEXT)
    answered_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    lifted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    lifted_by: str = Field(default="", sa_column_kwargs=_TEXT)
    lift_reason: str = Field(default="", sa_column_kwargs=_TEXT)


class ProjectMove(SQLModel, table=True):
    """A project's lineage up to this position in the order of the books, when its node was merged into another.

    Append-only.
    """

    __tablename__ = "project_move"
    __table_args__ = (Index("project_move_project", "project_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    project_id: int = Field(sa_type=BigInteger, foreign_key="project.id")
    lineage: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    moved_at: datetime = Field(sa_column=moment())
    position: int | None = Field(default=None, sa_column=place_in_order())
