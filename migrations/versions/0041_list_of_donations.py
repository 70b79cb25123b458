"""Indexes for the managers' list of donations: by time, and for what few donations are."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

RARE_STATUS = "status IN ('cancelled', 'expired', 'failed', 'refunded', 'disputed')"
RARE_CHANNEL = "channel NOT IN ('web', 'api', 'partner')"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _index("donation_newest", ["pledged_at", "id"])
        _index("donation_rare_status", ["status", "pledged_at"], RARE_STATUS)
        _index("donation_rare_channel", ["channel", "pledged_at"], RARE_CHANNEL)
        op.drop_index("donation_pledged", "donation", postgresql_concurrently=True, if_exists=True)


def _index(name: str, columns: list[str], where: str | None = None) -> None:
    # One that an interrupted run left behind is not valid.
    op.drop_index(name, "donation", postgresql_concurrently=True, if_exists=True)
    condition = sa.text(where) if where else None
    op.create_index(name, "donation", columns, postgresql_where=condition, postgresql_concurrently=True)
