"""Monthly statements of nodes, and notices of their corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"

MONTH = "month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


def upgrade() -> None:
    op.create_table(
        "statement_run",
        sa.Column("month", sa.Text(), primary_key=True),
        sa.Column("after_transfer", sa.BigInteger(), nullable=False),
        sa.Column("last_transfer", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(MONTH, name="statement_run_month"),
    )
    op.create_table(
        "monthly_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("month", sa.Text(), sa.ForeignKey("statement_run.month"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statement", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.UniqueConstraint("organisation_code", "number", name="monthly_statement_number"),
        sa.UniqueConstraint("organisation_code", "month", name="monthly_statement_once"),
    )
    op.create_index("monthly_statement_month", "monthly_statement", ["month"])
    op.create_table(
        "statement_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("statement_id", sa.BigInteger(), sa.ForeignKey("monthly_statement.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("statement_correction_statement", "statement_correction", ["statement_id"])
    for table in ("statement_run", "monthly_statement", "statement_correction"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
