"""Accounting vouchers: runs, vouchers with their lines, closed periods, versions of the chart of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"

PERIOD = "period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"
APPEND_ONLY = ("chart_version", "accounting_period", "voucher_run", "voucher", "voucher_line")


def _at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    _tables()
    for table in APPEND_ONLY:
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
    op.execute(
        """CREATE VIEW journal_movement AS
           SELECT t.id AS transfer_id, t.kind, d.currency, t.amount_minor, t.donation_id,
                  coalesce(d.campaign_id, c.campaign_id) AS campaign_id,
                  coalesce(d.project_id, c.project_id) AS project_id,
                  d.kind AS debit_kind, d.fund_id AS debit_fund_id, d.pot_id AS debit_pot_id,
                  d.provider AS debit_provider, c.kind AS credit_kind, c.fund_id AS credit_fund_id,
                  c.pot_id AS credit_pot_id, c.provider AS credit_provider, t.recorded_at
             FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_account
             JOIN ledger_account c ON c.id = t.credit_account"""
    )
    op.execute(
        "CREATE VIEW transfer_amount AS SELECT t.id AS transfer_id, t.kind, t.amount_minor FROM ledger_transfer t"
    )


def _tables() -> None:
    op.create_table(
        "chart_version",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("accounts", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _at("created_at"),
    )
    op.create_table(
        "accounting_period",
        sa.Column("period", sa.Text(), primary_key=True),
        sa.Column("actor", sa.Text(), nullable=False),
        _at("closed_at"),
        sa.CheckConstraint(PERIOD, name="accounting_period_month"),
    )
    op.create_table(
        "voucher_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("after_transfer", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("last_transfer", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _at("made_at"),
        sa.CheckConstraint("last_transfer > after_transfer", name="voucher_run_range"),
    )
    op.create_table(
        "voucher",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("voucher_run.id"), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id")),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("first_transfer", sa.BigInteger(), nullable=False),
        sa.Column("last_transfer", sa.BigInteger(), nullable=False),
        sa.Column("chart_version", sa.BigInteger(), sa.ForeignKey("chart_version.number")),
        sa.UniqueConstraint("period", "word", "number", name="voucher_number"),
        sa.CheckConstraint(PERIOD, name="voucher_month"),
        sa.CheckConstraint("number > 0 AND amount_minor > 0 AND transfers > 0", name="voucher_positive"),
    )
    op.create_index("voucher_run_id", "voucher", ["run_id"])
    op.create_table(
        "voucher_line",
        sa.Column("voucher_id", sa.BigInteger(), sa.ForeignKey("voucher.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("account_kind", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), sa.ForeignKey("fund.id")),
        sa.Column("pot_id", sa.BigInteger(), sa.ForeignKey("pot.id")),
        sa.Column("provider", sa.Text()),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('debit', 'credit')", name="voucher_line_side"),
        sa.CheckConstraint("amount_minor > 0", name="voucher_line_positive"),
    )
