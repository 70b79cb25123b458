"""Tokens with an administrator's rights wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.add_column("api_token", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
