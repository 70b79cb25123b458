"""Accounts have names, tokens scopes, an end and an owner, and people join by links."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def _time(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("manager", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("api_token", sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("api_token", sa.Column("created_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("api_token", sa.Column("owner_id", sa.BigInteger(), sa.ForeignKey("manager.id"), nullable=True))
    op.add_column("api_token", _time("expires_at"))
    op.add_column("api_token", _time("last_used_at"))
    op.create_index("api_token_owner", "api_token", ["owner_id"])
    op.create_table(
        "account_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("manager_id", sa.BigInteger(), sa.ForeignKey("manager.id"), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("creator_id", sa.BigInteger(), sa.ForeignKey("manager.id"), nullable=True),
        _time("created_at", nullable=False),
        _time("expires_at", nullable=False),
        _time("used_at"),
        _time("ended_at"),
        sa.CheckConstraint("kind IN ('invitation', 'password')", name="account_link_kind"),
        sa.CheckConstraint("kind = 'invitation' OR manager_id IS NOT NULL", name="account_link_manager"),
    )
    op.create_index("account_link_manager_id", "account_link", ["manager_id"])
