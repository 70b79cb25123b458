"""Who works on a row of a desk, with a note for their colleagues."""

import sqlalchemy as sa
from alembic import op

revision = "0123"
down_revision = "0122"


def upgrade() -> None:
    op.create_table(
        "desk_assignment",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
    )
