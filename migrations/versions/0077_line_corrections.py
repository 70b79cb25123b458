"""Lines of bills that correct earlier ones."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"


def upgrade() -> None:
    op.add_column("provider_line", sa.Column("corrects", sa.Text(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "provider_line_corrects",
            "provider_line",
            ["provider", "corrects"],
            postgresql_where=sa.text("corrects IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
