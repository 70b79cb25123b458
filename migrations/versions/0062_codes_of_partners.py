"""Partner platforms' own codes of projects, and contradictions of messages that were settled."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.create_table(
        "partner_project_code",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("mapped_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "settled_conflict",
        sa.Column(
            "conflict_id",
            sa.BigInteger(),
            sa.ForeignKey("inbox_conflict.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
    )
