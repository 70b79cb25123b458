"""Lines that a provider says again with other contents are kept beside the first, and days without lines are said."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

CAUSES = (
    "cause IN ('missing_here', 'missing_there', 'amount', 'duplicate', 'late', 'refund', 'fee', 'dispute', "
    "'adjustment', 'payment_exception', 'missing_statement', 'contradiction')"
)


def upgrade() -> None:
    op.create_table(
        "provider_line_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "provider",
            "line_id",
            "kind",
            "source_id",
            "amount_minor",
            "fee_minor",
            "currency",
            "occurred_at",
            name="provider_line_conflict_once",
        ),
    )
    op.create_table(
        "empty_bill_day",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
    )
    op.drop_constraint("discrepancy_cause", "discrepancy")
    op.execute(f"ALTER TABLE discrepancy ADD CONSTRAINT discrepancy_cause CHECK ({CAUSES}) NOT VALID")
    op.execute("ALTER TABLE discrepancy VALIDATE CONSTRAINT discrepancy_cause")
