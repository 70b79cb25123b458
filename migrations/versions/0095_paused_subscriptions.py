"""Paused subscriptions hold what there is to tell; open messages of partners name their donation."""

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0094"


def upgrade() -> None:
    op.add_column("partner_subscription", sa.Column("paused_at", sa.DateTime(timezone=True)))
    op.drop_constraint("partner_delivery_state", "partner_delivery")
    op.execute(
        """ALTER TABLE partner_delivery ADD CONSTRAINT partner_delivery_state
           CHECK (state IN ('due', 'held', 'sent', 'failed')) NOT VALID"""
    )
    op.execute("ALTER TABLE partner_delivery VALIDATE CONSTRAINT partner_delivery_state")
    op.execute(
        """UPDATE inbox_work w SET reference = e.body #>> '{data,donation_id}' FROM inbox_event e
            WHERE e.id = w.inbox_id AND w.state IN ('waiting', 'flagged') AND w.reference IS NULL
              AND e.source LIKE 'partner:%'"""
    )
    with op.get_context().autocommit_block():
        op.execute(
            """CREATE INDEX CONCURRENTLY IF NOT EXISTS partner_delivery_held ON partner_delivery (subscription_id)
               WHERE state = 'held'"""
        )
        op.execute(
            """CREATE INDEX CONCURRENTLY IF NOT EXISTS inbox_work_open_reference ON inbox_work (reference)
               WHERE state IN ('waiting', 'flagged') AND reference IS NOT NULL"""
        )
