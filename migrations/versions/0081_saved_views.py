"""Saved views of lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0081"
down_revision = "0080"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", JSONB(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("branch_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("owner", "page", "name", name="saved_view_name"),
    )
    op.create_index("saved_view_shared", "saved_view", ["page"], postgresql_where=sa.text("shared"))
