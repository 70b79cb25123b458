"""The day on which the money of a remittance came back, and the payments to organisations that the bank's statement is
expected to show."""

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0119"


def upgrade() -> None:
    op.add_column("remittance", sa.Column("returned_on", sa.Date(), nullable=True))
    # Amounts above zero come in. `day` is NULL while the bank has not confirmed that it paid.
    op.execute(
        """CREATE VIEW expected_payment AS
           SELECT end_to_end_id AS item, -amount_minor AS amount_minor, paid_on AS day, reference
             FROM remittance WHERE state IN ('sent', 'paid', 'returned')
            UNION ALL
           SELECT end_to_end_id || '/returned', amount_minor,
                  coalesce(returned_on, CAST(changed_at AT TIME ZONE 'Asia/Shanghai' AS date)), end_to_end_id
             FROM remittance WHERE state = 'returned'
            UNION ALL
           SELECT 'surplus/' || id, amount_minor, returned_on, reference FROM surplus_return"""
    )
