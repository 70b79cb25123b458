"""The newest consent of a donation is the last entry of its own in an index: a planner without statistics walked
through all consents, newest first, until it came to that donation's."""

from alembic import op

revision = "0074"
down_revision = "0073"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index("consent_newest", "consent", ["donation_id", "id"], postgresql_concurrently=True)
        op.drop_index("consent_donation", "consent", postgresql_concurrently=True)
