"""Codes by which donors find what they gave from another device, and the letters that bring them."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

KINDS = (
    "'thanks', 'late_thanks', 'lapsed', 'refunded', 'review_cleared', 'review_cancelled', 'receipt_issued', "
    "'code', 'text_code'"
)


def upgrade() -> None:
    op.create_table(
        "donor_code",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name="donor_code_tries"),
    )
    op.create_index("donor_code_contact", "donor_code", ["contact_key", "created_at"])
    op.create_index("donor_code_created", "donor_code", ["created_at"])
    op.drop_constraint("letter_kind", "letter", type_="check")
    op.create_check_constraint("letter_kind", "letter", f"kind IN ({KINDS})")
