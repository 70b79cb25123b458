"""A donation's explanation finds what left it in the books; the index holds the few transfers that return match."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Not CONCURRENTLY: that would wait for a second upgrade, which waits for this one.
    op.create_index(
        "ledger_transfer_match_returned",
        "ledger_transfer",
        ["donation_id"],
        postgresql_where=sa.text("reason IN ('match returned', 'match moved to a better pot')"),
    )
