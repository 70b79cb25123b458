"""A password that we made ends unless its owner chooses another."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.add_column("manager", sa.Column("password_until", sa.DateTime(timezone=True), nullable=True))
