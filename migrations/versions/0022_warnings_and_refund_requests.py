"""Early fraud warnings as evidence for reviewers, and donors' requests for their money back."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "fraud_warning",
        sa.Column("reference", sa.Text(), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("fraud_type", sa.Text(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("fraud_warning_donation", "fraud_warning", ["donation_id"])
    op.create_table(
        "refund_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), sa.ForeignKey("refund.id"), nullable=True),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined')", name="refund_request_state"),
        sa.CheckConstraint("amount_minor > 0", name="refund_request_amount"),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="refund_request_decided"),
        sa.CheckConstraint("(state = 'accepted') = (refund_id IS NOT NULL)", name="refund_request_refund"),
    )
    op.create_index("refund_request_donation", "refund_request", ["donation_id"])
    op.create_index(
        "refund_request_open",
        "refund_request",
        ["donation_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
