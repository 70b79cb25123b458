"""Acknowledged alarms about partner platforms."""

import sqlalchemy as sa
from alembic import op

revision = "0114"
down_revision = "0113"


def upgrade() -> None:
    op.create_table(
        "partner_alarm_acknowledgement",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
    )
