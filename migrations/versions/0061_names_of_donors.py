"""Donations are found by the keyed hash of their donor's name. The job `personal-data` fills in those there are."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.add_column("person_key", sa.Column("name_key", sa.Text(), nullable=True))
    named, unnamed = sa.text("name_key <> ''"), sa.text("name_key IS NULL")
    with op.get_context().autocommit_block():
        op.create_index(
            "person_key_name", "person_key", ["name_key"], postgresql_where=named, postgresql_concurrently=True
        )
        op.create_index(
            "person_key_unnamed",
            "person_key",
            ["donation_id"],
            postgresql_where=unnamed,
            postgresql_concurrently=True,
        )
