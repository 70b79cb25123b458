"""Failed sign-ins and refused rights are counted per minute beside the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

KEY = ("minute", "action", "actor", "subject", "about", "address")


def upgrade() -> None:
    op.create_table(
        "security_tally",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEY[1:]),
        sa.Column("first_events", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*KEY),
    )
