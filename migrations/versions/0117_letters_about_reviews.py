"""Letters that tell donors when a review of their match begins."""

from alembic import op

revision = "0117"
down_revision = "0116"
KINDS = (
    "'thanks', 'late_thanks', 'lapsed', 'refunded', 'review_begun', 'review_cleared', 'review_cancelled',"
    " 'corrected', 'purpose_changed', 'receipt_issued', 'receipt_cancelled', 'code', 'text_code'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE letter DROP CONSTRAINT letter_kind")
    op.execute(f"ALTER TABLE letter ADD CONSTRAINT letter_kind CHECK (kind IN ({KINDS})) NOT VALID")
    op.execute("ALTER TABLE letter VALIDATE CONSTRAINT letter_kind")
