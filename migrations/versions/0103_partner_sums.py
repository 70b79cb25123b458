"""What each platform brought in for a campaign as it was stated to it, its answers, and the replies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0103"
down_revision = "0102"

TYPES = "'donation.matched', 'donation.settled', 'refund.booked', 'campaign.phase', 'campaign.sums', 'project.news'"


def upgrade() -> None:
    op.drop_constraint("partner_delivery_type", "partner_delivery")
    op.create_check_constraint("partner_delivery_type", "partner_delivery", f"type IN ({TYPES})")
    _sums()
    _answers()
    for table in ("partner_sums", "partner_sums_answer", "partner_sums_reply"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )


def _sums() -> None:
    op.create_table(
        "partner_sums",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), nullable=False),
        sa.Column("sums", JSONB(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_until", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("campaign_id", "partner", name="partner_sums_once"),
    )
    op.create_index("partner_sums_partner", "partner_sums", ["partner", "id"])


def _answers() -> None:
    op.create_table(
        "partner_sums_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("sums_id", sa.BigInteger(), sa.ForeignKey("partner_sums.id"), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("projects", JSONB(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'contradicted')", name="partner_sums_answer_verdict"),
        sa.CheckConstraint("verdict <> 'contradicted' OR text <> ''", name="partner_sums_answer_text"),
    )
    op.create_index("partner_sums_answer_sums", "partner_sums_answer", ["sums_id", "id"])
    op.create_table(
        "partner_sums_reply",
        sa.Column("answer_id", sa.BigInteger(), sa.ForeignKey("partner_sums_answer.id"), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
    )
