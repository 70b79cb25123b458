"""How long after its release the nodes of a campaign have for their self-checks."""

from alembic import op

revision = "0107"
down_revision = "0106"


def upgrade() -> None:
    # A constant default rewrites no row. The check is validated under a lock that lets donors give.
    op.execute("ALTER TABLE campaign ADD COLUMN self_check_s INTEGER NOT NULL DEFAULT 2592000")
    op.execute("ALTER TABLE campaign ADD CONSTRAINT campaign_self_check CHECK (self_check_s >= 0) NOT VALID")
    op.execute("ALTER TABLE campaign VALIDATE CONSTRAINT campaign_self_check")
