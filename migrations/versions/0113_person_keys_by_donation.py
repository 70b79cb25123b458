"""Find a person's keys through their donations: `person_key.donor_key` is the donation's. Its own index was written
with every donation and read by one rare query."""

from alembic import op

revision = "0113"
down_revision = "0112"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("person_key_donor", "person_key", postgresql_concurrently=True)
