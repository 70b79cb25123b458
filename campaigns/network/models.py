"""The tree of organisations, and the people and programs that act for it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field, SQLModel

from kernel.db import identity, moment, one_of
from matching.rules import Level


class Organisation(SQLModel, table=True):
    """A node of the four-level network.

    `lineage` holds the codes from the city down to the node itself. After `closed_at` nothing new begins there.
    `merged_into` is the node that took over from it. `latitude` and `longitude` (degrees, WGS 84) are those of its
    centre.
    """

    __table_args__ = (
        CheckConstraint(one_of("level", Level), name="organisation_level"),
        CheckConstraint(f"(level = '{Level.CITY}') = (parent_code IS NULL)", name="organisation_parent"),
        CheckConstraint("merged_into IS NULL OR closed_at IS NOT NULL", name="organisation_merged"),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180",
            name="organisation_centre",
        ),
        Index("organisation_lineage", "lineage", postgresql_using="gin"),
        Index("organisation_parent_code", "parent_code"),
    )
    code: str = Field(primary_key=True)
    name: str
    level: str
    parent_code: str | None = Field(default=None, foreign_key="organisation.code")
    lineage: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    created_at: datetime = Field(sa_column=moment())
    closed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    merged_into: str | None = Field(default=None, foreign_key="organisation.code")
    latitude: float | None = Field(default=None, sa_type=Double)
    longitude: float | None = Field(default=None, sa_type=Double)


class Manager(SQLModel, table=True):
    """A person who signs in to the console, with the rights of a role within a branch (None: the whole tree).

    With an empty password hash, nobody can sign in until a link has set a password. `totp_sealed` is the secret of
    the authenticator app, valid since `totp_since` (None: never confirmed); `totp_step` is the step of the last
    code. A password that we generated is valid until `password_until`; None: one that a person chose.
    """

    id: int | None = Field(default=None, sa_column=identity())
    login: str = Field(unique=True)
    name: str = Field(default="", sa_column_kwargs={"server_default": text("''")})  # the display name
    password_hash: str
    role: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    created_at: datetime = Field(sa_column=moment())
    disabled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    totp_sealed: str | None = None
    totp_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    totp_step: int | None = Field(default=None, sa_type=BigInteger)
    password_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class RecoveryCode(SQLModel, table=True):
    """A one-time replacement for a code of the app. Only its hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("manager_id", "code_hash", name="recovery_code_once"),)
    id: int | None = Field(default=None, sa_column=identity())
    manager_id: int = Field(foreign_key="manager.id", sa_type=BigInteger)
    code_hash: str
    created_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ManagerSession(SQLModel, table=True):
    """A manager signed in with one browser, until `ends_at`, which each use extends, or until the session is ended.

    Only the hash of the browser's token is stored. With `awaits_code` only the password was verified, and the
    session opens nothing yet.
    """

    __tablename__ = "manager_session"
    __table_args__ = (Index("manager_session_manager", "manager_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    token_hash: str = Field(unique=True)
    manager_id: int = Field(foreign_key="manager.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_column=moment())
    last_seen_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    awaits_code: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class ApiToken(SQLModel, table=True):
    """A token of a program for the manager API, with the rights of a role within a branch (None: the whole tree).

    Only its hash is stored. `scopes` are the permissions of the role that it has (None: all of them). It ends at
    `expires_at` (None: never), when it is revoked, and with the account of its owner. As long as it `waits` for a
    second person it opens nothing.
    """

    __tablename__ = "api_token"
    __table_args__ = (Index("api_token_owner", "owner_id"),)
    id: int | None = Field(default=None, sa_column=identity())
    token_hash: str = Field(unique=True)
    role: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    label: str
    scopes: list[str] | None = Field(default=None, sa_column=Column(ARRAY(TEXT), nullable=True))
    created_at: datetime = Field(sa_column=moment())
    created_by: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    owner_id: int | None = Field(default=None, foreign_key="manager.id", sa_type=BigInteger)
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    last_used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    waits: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class LinkKind(StrEnum):
    INVITATION = "invitation"  # to create an account with the role and branch that the inviter chose
    PASSWORD = "password"  # noqa: S105 - the kind; to choose another password


class AccountLink(SQLModel, table=True):
    """A link by which a person chooses the login and password of an account, once, until `expires_at`.

    Only the hash of its token is stored. `manager_id` is the account; for an invitation, the account that was
    created.
    """

    __tablename__ = "account_link"
    __table_args__ = (
        CheckConstraint(one_of("kind", LinkKind), name="account_link_kind"),
        CheckConstraint(f"kind = '{LinkKind.INVITATION}' OR manager_id IS NOT NULL", name="account_link_manager"),
        Index("account_link_manager_id", "manager_id"),
    )
    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    token_hash: str = Field(unique=True)
    role: str
    branch_code: str | None = Field(default=None, foreign_key="organisation.code")
    name: str = ""
    manager_id: int | None = Field(default=None, foreign_key="manager.id", sa_type=BigInteger)
    created_by: str
    creator_id: int | None = Field(default=None, foreign_key="manager.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
