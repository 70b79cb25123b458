"""Thanks for many payments that were settled together, until the job `letters` writes them out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0128"
down_revision = "0127"
KINDS = (
    "'thanks', 'late_thanks', 'lapsed', 'refunded', 'review_begun', 'review_cleared', 'review_cancelled', 'corrected', "
    "'purpose_changed', 'receipt_issued', 'receipt_cancelled', 'code', 'text_code'"
)


def upgrade() -> None:
    op.create_table(
        "letter_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("donation_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="letter_batch_kind"),
    )
    # A thousand random ids do not become shorter; trying to compress them takes longer than storing them.
    op.execute("ALTER TABLE letter_batch ALTER COLUMN donation_ids SET STORAGE EXTERNAL")
