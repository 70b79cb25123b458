"""A campaign whose filing or listing was withdrawn takes no donations, and says why."""

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0096"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("withdrawn_reason", sa.Text(), nullable=False, server_default=""))
