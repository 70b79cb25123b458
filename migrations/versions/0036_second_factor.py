"""Managers sign in with a second factor: codes of an app, and recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("manager", sa.Column("totp_sealed", sa.Text(), nullable=True))
    op.add_column("manager", sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("manager", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column(
        "manager_session", sa.Column("awaits_code", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("manager_id", sa.BigInteger(), sa.ForeignKey("manager.id"), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("manager_id", "code_hash", name="recovery_code_once"),
    )
