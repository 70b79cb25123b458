"""From which device a donation came, and screening's own index of that."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("donation", sa.Column("device_key", sa.Text(), nullable=True))
    op.create_table(
        "device_gift",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("device_key", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "device_key", "donation_id"),
    )
