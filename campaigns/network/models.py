"""The tree of organisations, and the people and programs that act for it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of
from matching.rules import Level


class Organisation(SQLModel, table=True):
    """A node of the four-level network. `lineage`: the codes from the city down to the node itself."""

    __table_args__ = (
        CheckConstraint(one_of("level", Level), name="organisation_level"),
        CheckConstraint(f"(level = '{Level.CITY}') = (parent_code IS NULL)", name="organisation_parent"),
        Index("organisation_lineage", "lineage", postgresql_using="gin"),
        Index("organisation_parent_code", "parent_code"),
    )
    code: str = Field(primary_key=True)
    name: str
    level: str
    parent_code: str | None = Field(default=None, foreign_key="organisation.code")
    lineage: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    created_at: datetime = Field(sa_column=moment())


class Manager(SQLModel, table=True):
    """A person who signs in to the console, with the rights of a role within a branch (None: the whole tree)."""

    id: int | None = Field(default=None, sa_column=identity())
    login: str = Field(unique=True)
    password_hash: str
    role: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    created_at: datetime = Field(sa_column=moment())
    disabled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ManagerSession(SQLModel, table=True):
    """A manager signed in with one browser, until `ends_at` or until somebody ends it. Only the hash of the
    token is stored that the browser holds."""

    __tablename__ = "manager_session"
    __table_args__ = (Index("manager_session_manager", "manager_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    token_hash: str = Field(unique=True)
    manager_id: int = Field(foreign_key="manager.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_column=moment())
    last_seen_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ApiToken(SQLModel, table=True):
    """A token of a program for the manager API, with the rights of a role within a branch (None: the whole tree).

    Only its hash is stored.
    """

    __tablename__ = "api_token"
    id: int | None = Field(default=None, sa_column=identity())
    token_hash: str = Field(unique=True)
    role: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    label: str
    created_at: datetime = Field(sa_column=moment())
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
