"""Counts of paid donations by place and dimension, kept for each campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0109"


def upgrade() -> None:
    op.create_table(
        "analytics_run",
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("first_donors", sa.BigInteger(), nullable=False),
        sa.Column("again_donors", sa.BigInteger(), nullable=False),
        sa.Column("several_donors", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "analytics_cell",
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("place_code", sa.Text(), primary_key=True),
        sa.Column("dimension", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=False),
    )
