"""Find the line of a statement by the provider's charge or the platform's order number."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "provider_line_source", "provider_line", ["source_id"], postgresql_concurrently=True, if_not_exists=True
        )
