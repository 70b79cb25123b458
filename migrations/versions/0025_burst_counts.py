"""Counts of paid donations for screening, kept as donations come.

The counts of donations that are there already are made by the first run of the job `screen`, in batches: `counted_id`
begins at 0. Nothing that an older version pays during the upgrade is missed, and nobody waits.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "counted_gift",
        sa.Column("donation_id", sa.Uuid(), primary_key=True),
        sa.Column("newcomer", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "burst_count",
        sa.Column("campaign_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("place", sa.Text(), primary_key=True),
        sa.Column("amount_minor", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("donations", sa.Integer(), nullable=False),
        sa.Column("newcomers", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('project', 'team', 'source')", name="burst_count_kind"),
        sa.CheckConstraint("newcomers BETWEEN 0 AND donations", name="burst_count_newcomers"),
    )
    op.add_column(
        "screening_mark", sa.Column("counted_id", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
