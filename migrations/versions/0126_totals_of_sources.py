"""What the sources of a campaign brought, counted by the job `analytics` for large campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0126"
down_revision = "0125"


def upgrade() -> None:
    op.create_table(
        "analytics_source",
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.Column("raised_minor", sa.BigInteger(), nullable=False),
        sa.Column("matched_minor", sa.BigInteger(), nullable=False),
    )
