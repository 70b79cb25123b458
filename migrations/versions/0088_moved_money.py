"""Monthly statements list money that was moved and what was spent, and are corrected by whole statements."""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"

MOVED = "'donation_moved', 'purpose_changed', 'surplus_moved', 'surplus_to_fund', 'fund_moved'"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("statement_run", sa.Column("moves_after", sa.BigInteger()))
    op.add_column("statement_correction", sa.Column("statement", sa.dialects.postgresql.JSONB()))
    op.add_column("statement_correction", sa.Column("hash", sa.Text()))
    op.create_check_constraint(
        "statement_correction_hash", "statement_correction", "(statement IS NULL) = (hash IS NULL)"
    )
    op.create_table(
        "statement_spending",
        sa.Column("month", sa.Text(), sa.ForeignKey("statement_run.month"), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), primary_key=True),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "fund_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("fund_id", sa.BigInteger(), sa.ForeignKey("fund.id"), nullable=False),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("moved_at", TIME, nullable=False),
    )
    op.create_index("fund_move_fund", "fund_move", ["fund_id"])
    for table in ("statement_spending", "fund_move"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
    op.execute(
        f"""CREATE VIEW moved_money AS
            SELECT t.id AS transfer_id, t.kind, d.project_id AS from_project_id, d.fund_id AS from_fund_id,
                   c.project_id AS to_project_id, c.fund_id AS to_fund_id, t.amount_minor
              FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_account
              JOIN ledger_account c ON c.id = t.credit_account
             WHERE t.kind IN ({MOVED})"""
    )
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ledger_transfer_moved")
        op.execute(
            f"CREATE INDEX CONCURRENTLY ledger_transfer_moved ON ledger_transfer (kind) WHERE kind IN ({MOVED})"
        )
