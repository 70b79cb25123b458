"""What the bank answers to payment files (pain.002), and its kind of import."""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"
KINDS = "'donations', 'statement', 'bank', 'payment_report', 'projects', 'receipts', 'network'"


def upgrade() -> None:
    op.create_table(
        "bank_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("remittance_id", sa.BigInteger(), sa.ForeignKey("remittance.id"), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("remittance_id", "report", name="bank_answer_once"),
        sa.CheckConstraint("answer IN ('pending', 'accepted', 'rejected')", name="bank_answer_answer"),
        sa.CheckConstraint("(answer = 'rejected') = (reason <> '')", name="bank_answer_reason"),
    )
    op.execute(
        """CREATE TRIGGER bank_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_answer
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.drop_constraint("import_run_kind", "import_run")
    op.create_check_constraint("import_run_kind", "import_run", f"kind IN ({KINDS})")
