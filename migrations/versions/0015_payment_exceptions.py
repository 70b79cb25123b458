"""Payments that are not what was asked: a donation keeps what was pledged when another amount came, and payments that
cannot count by themselves lie on a desk.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

REASONS = "reason IN ('currency', 'above_maximum', 'nothing_received', 'second_payment')"
STATES = "state IN ('open', 'taken', 'refunding', 'refunded', 'attached', 'dismissed')"
CAUSES = "cause IN ('missing_here', 'missing_there', 'amount', 'duplicate', 'late', 'refund', 'fee', 'payment_exception')"


def upgrade() -> None:
    op.add_column("donation", sa.Column("pledged_minor", sa.BigInteger(), nullable=True))
    op.create_table(
        "payment_exception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_intent", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attached_to", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("refund_attempts", sa.Integer(), nullable=False),
        sa.Column("provider_refund", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(REASONS, name="payment_exception_reason"),
        sa.CheckConstraint(STATES, name="payment_exception_state"),
        sa.CheckConstraint("amount_minor >= 0", name="payment_exception_amount"),
        sa.CheckConstraint("(state = 'attached') = (attached_to IS NOT NULL)", name="payment_exception_attached"),
        sa.UniqueConstraint("provider", "payment_intent", name="payment_exception_once"),
    )
    op.create_index("payment_exception_intent", "payment_exception", ["payment_intent"])
    op.create_index("payment_exception_donation", "payment_exception", ["donation_id"])
    op.create_index(
        "payment_exception_undecided",
        "payment_exception",
        ["id"],
        postgresql_where=sa.text("state IN ('open', 'refunding')"),
    )
    op.drop_constraint("discrepancy_cause", "discrepancy")
    op.execute(f"ALTER TABLE discrepancy ADD CONSTRAINT discrepancy_cause CHECK ({CAUSES}) NOT VALID")
    op.execute("ALTER TABLE discrepancy VALIDATE CONSTRAINT discrepancy_cause")
    op.add_column("provider_line", sa.Column("fee_currency", sa.Text(), nullable=True))
