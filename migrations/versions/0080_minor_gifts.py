"""Gifts of donors who say to be under age."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"


def upgrade() -> None:
    op.create_table(
        "minor_gift",
        sa.Column("donation_id", sa.Uuid(), primary_key=True),
        sa.Column("age", sa.Text(), nullable=False),
        sa.Column("guardian_agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("age IN ('under_14', 'under_18')", name="minor_gift_age"),
    )
