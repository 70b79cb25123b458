"""Mappings of platforms' own notifications, their refunds that are told one by one, and secrets that wait for a
second person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0073"
down_revision = "0072"


def upgrade() -> None:
    op.create_table(
        "partner_mapping",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("sealed_keys", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "partner_refund",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("test", sa.Boolean(), primary_key=True),
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("their_id", "type", "refund_id")),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column(
        "partner_secret", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
