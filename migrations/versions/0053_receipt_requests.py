"""Donors ask for donation receipts; what the fiscal system issued is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"

STATES = "'requested', 'issued', 'withdrawn'"


def upgrade() -> None:
    op.create_table(
        "receipt_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("issued_minor", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name="receipt_request_state"),
        sa.CheckConstraint("(issued_minor IS NULL) = (number = '')", name="receipt_request_issued"),
    )
    op.create_index("receipt_request_donation", "receipt_request", ["donation_id"])
    live, numbered = sa.text("state IN ('requested', 'issued')"), sa.text("number <> ''")
    op.create_index("receipt_request_live", "receipt_request", ["donation_id"], unique=True, postgresql_where=live)
    op.create_index(
        "receipt_request_number", "receipt_request", ["code", "number"], unique=True, postgresql_where=numbered
    )
