"""A second bill is taken as a whole: lines that it lacks are kept beside the first bill's too, and what a provider says
of a line ends what it said before, so the same contents may come more than once."""

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"

CONTENTS = ("provider", "line_id", "kind", "source_id", "amount_minor", "fee_minor", "currency", "occurred_at")


def upgrade() -> None:
    op.add_column(
        "provider_line_conflict",
        sa.Column("dropped", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.add_column("provider_line_conflict", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.drop_constraint("provider_line_conflict_once", "provider_line_conflict")
    open_ones = sa.text("taken_at IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "provider_line_conflict_once", "provider_line_conflict", CONTENTS, unique=True, postgresql_where=open_ones
    )
