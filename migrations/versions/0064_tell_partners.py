"""Platforms subscribe to events, and each of them is kept with how it went."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0064"
down_revision = "0063"

TYPES = "'donation.matched', 'donation.settled', 'refund.booked', 'campaign.phase', 'project.news'"


def upgrade() -> None:
    op.create_table(
        "partner_subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", JSONB(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("partner_subscription_partner", "partner_subscription", ["partner"])
    op.create_table(
        "partner_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("subscription_id", sa.BigInteger(), sa.ForeignKey("partner_subscription.id"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.Column("body", JSONB(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, server_default="due"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"type IN ({TYPES})", name="partner_delivery_type"),
        sa.CheckConstraint("state IN ('due', 'sent', 'failed')", name="partner_delivery_state"),
    )
    due = sa.text("state = 'due'")
    op.create_index("partner_delivery_due", "partner_delivery", ["due_at"], postgresql_where=due)
    op.create_index("partner_delivery_subscription", "partner_delivery", ["subscription_id", "id"])
