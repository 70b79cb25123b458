"""Letters about a change of purpose, allotments with who bore the fees, and platforms on public pages."""

from alembic import op

revision = "0111"
down_revision = "0110"
KINDS = (
    "'thanks', 'late_thanks', 'lapsed', 'refunded', 'review_cleared', 'review_cancelled', 'corrected',"
    " 'purpose_changed', 'receipt_issued', 'receipt_cancelled', 'code', 'text_code'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE letter DROP CONSTRAINT letter_kind")
    op.execute(f"ALTER TABLE letter ADD CONSTRAINT letter_kind CHECK (kind IN ({KINDS})) NOT VALID")
    op.execute("ALTER TABLE letter VALIDATE CONSTRAINT letter_kind")
    # The public result names platforms by their titles.
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OF title ON partner
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
    # Without a default: what earlier steps did follows from their fees.
    op.execute("ALTER TABLE allotment ADD COLUMN fees_from TEXT")
    check = "CHECK (fees_from IN ('host', 'gifts'))"
    op.execute(f"ALTER TABLE allotment ADD CONSTRAINT allotment_fees_from {check} NOT VALID")
    op.execute("ALTER TABLE allotment VALIDATE CONSTRAINT allotment_fees_from")
