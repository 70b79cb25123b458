"""Letters to donors: an outbox, written with the facts that they tell."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"

KINDS = "'thanks', 'late_thanks', 'lapsed', 'refunded', 'review_cleared', 'review_cancelled'"
STATES = "'waiting', 'sent', 'bounced', 'failed', 'dropped'"


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("donation_id", "kind", "about", name="letter_once"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="letter_kind"),
        sa.CheckConstraint(f"state IN ({STATES})", name="letter_state"),
    )
    op.create_index("letter_due", "letter", ["due_at"], postgresql_where=sa.text("state = 'waiting'"))
