"""What was ticked by hand in the checklists of stations."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"


def upgrade() -> None:
    op.create_table(
        "station_tick",
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), primary_key=True),
        sa.Column("item", sa.Text(), primary_key=True),
        sa.Column("ticked_by", sa.Text(), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "item IN ('contact', 'bank_account', 'liaison', 'registration')", name="station_tick_item"
        ),
    )
