"""Name the project of both accounts of a movement, and of a line of a voucher. Lines that were written before have
none."""

import sqlalchemy as sa
from alembic import op

revision = "0130"
down_revision = "0129"


def upgrade() -> None:
    op.add_column("voucher_line", sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id")))
    op.execute(
        """CREATE OR REPLACE VIEW journal_movement AS
           SELECT t.id AS transfer_id, t.kind, d.currency, t.amount_minor, t.donation_id,
                  coalesce(d.campaign_id, c.campaign_id) AS campaign_id,
                  coalesce(d.project_id, c.project_id) AS project_id,
                  d.kind AS debit_kind, d.fund_id AS debit_fund_id, d.pot_id AS debit_pot_id,
                  d.provider AS debit_provider, c.kind AS credit_kind, c.fund_id AS credit_fund_id,
                  c.pot_id AS credit_pot_id, c.provider AS credit_provider, t.recorded_at,
                  d.project_id AS debit_project_id, c.project_id AS credit_project_id
             FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_account
             JOIN ledger_account c ON c.id = t.credit_account"""
    )
