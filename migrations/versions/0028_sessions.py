"""Sessions of the console are kept on the server, and accounts can be switched off."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("manager", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "manager_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("manager_id", sa.BigInteger(), sa.ForeignKey("manager.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("manager_session_manager", "manager_session", ["manager_id"])
