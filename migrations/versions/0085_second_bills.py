"""When somebody took a line that came again with other contents in the place of the first."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"


def upgrade() -> None:
    op.add_column("provider_line_conflict", sa.Column("taken_at", sa.DateTime(timezone=True)))
