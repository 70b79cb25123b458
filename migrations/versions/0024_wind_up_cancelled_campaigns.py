"""Cancelled campaigns are wound up: why one was cancelled, what had been paid, and when all of it was back."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "campaign_cancellation",
        sa.Column(
            "campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.Column("raised_minor", sa.BigInteger(), nullable=False),
        sa.Column("wound_up_at", sa.DateTime(timezone=True), nullable=True),
    )
    # What shared pages show of a pot (0019).
    for table in ("pot_pause", "tranche_move"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
