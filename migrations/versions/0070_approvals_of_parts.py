"""Approvals of different parts of one subject wait beside each other: groups of differences of one campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    op.add_column("approval", sa.Column("part", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "approval_one_open_of_part",
        "approval",
        ["act", "subject", "part"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("approval_one_open", "approval")
