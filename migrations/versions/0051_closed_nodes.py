"""Nodes of the network can be closed: nothing new begins there."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("organisation", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
