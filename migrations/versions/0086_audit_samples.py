"""Samples of events that auditors check, and how each record was marked."""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"

TABLES = ("audit_sample", "audit_sample_item", "audit_sample_mark")


def upgrade() -> None:
    op.create_table(
        "audit_sample",
        _id(),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), sa.ForeignKey("public_notice.id"), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("donations", "payouts", "of_donations", "of_payouts")
        ),
        sa.Column("list_hash", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("campaign_id", "number", name="audit_sample_number"),
        sa.CheckConstraint(
            "number > 0 AND least(donations, payouts, of_donations, of_payouts) >= 0", name="audit_sample_sizes"
        ),
    )
    op.create_table(
        "audit_sample_item",
        _id(),
        sa.Column("sample_id", sa.BigInteger(), sa.ForeignKey("audit_sample.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), sa.ForeignKey("donation.id")),
        sa.Column("remittance_id", sa.BigInteger(), sa.ForeignKey("remittance.id")),
        sa.UniqueConstraint("sample_id", "place", name="audit_sample_item_place"),
        sa.CheckConstraint("num_nonnulls(donation_id, remittance_id) = 1", name="audit_sample_item_record"),
        sa.CheckConstraint("place > 0", name="audit_sample_item_positive"),
    )
    op.create_table(
        "audit_sample_mark",
        _id(),
        sa.Column("item_id", sa.BigInteger(), sa.ForeignKey("audit_sample_item.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('checked', 'question')", name="audit_sample_mark_state"),
        sa.CheckConstraint("state <> 'question' OR note <> ''", name="audit_sample_mark_note"),
    )
    op.create_index("ix_audit_sample_mark_item_id", "audit_sample_mark", ["item_id"])
    for table in TABLES:
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )


def _id() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)
