"""Count changes of cancellations: the statement of a cancelled campaign, which is shared, shows what it had received
(ADR 15)."""

from alembic import op

revision = "0119"
down_revision = "0118"


def upgrade() -> None:
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON campaign_cancellation
            FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
