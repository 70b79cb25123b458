"""Keep complaints (举报) about campaigns beside objections to published results."""

import sqlalchemy as sa
from alembic import op

revision = "0131"
down_revision = "0130"


def upgrade() -> None:
    op.add_column("objection", sa.Column("is_complaint", sa.Boolean(), nullable=False, server_default=sa.false()))
