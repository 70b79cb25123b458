"""Bank statements: booked lines, the payments of lines that have several, and files of this kind."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"

KINDS = ("donations", "statement", "bank", "projects", "network")

CLAIMS = "'payout', 'settlement', 'deposit', 'paid_out'"


def upgrade() -> None:
    op.create_table(
        "bank_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("is_fee", sa.Boolean(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("account", "line_id", name="bank_line_once"),
        sa.CheckConstraint("amount_minor <> 0", name="bank_line_amount"),
        sa.CheckConstraint("payments > 0", name="bank_line_payments"),
    )
    op.create_index("bank_line_day", "bank_line", ["booked_on", "id"])
    op.create_index("bank_line_reference", "bank_line", ["reference"])
    op.create_table(
        "bank_part",
        sa.Column("bank_line_id", sa.BigInteger(), sa.ForeignKey("bank_line.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
    )
    op.create_index("bank_part_reference", "bank_part", ["reference"])
    op.create_table(
        "bank_claim",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("bank_line_id", sa.BigInteger(), sa.ForeignKey("bank_line.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({CLAIMS})", name="bank_claim_kind"),
        sa.CheckConstraint("how IN ('reference', 'amount')", name="bank_claim_how"),
        sa.UniqueConstraint("kind", "provider", "item", name="bank_claim_once"),
    )
    op.create_index("bank_claim_line", "bank_claim", ["bank_line_id"])
    op.drop_constraint("import_run_kind", "import_run")
    op.create_check_constraint(
        "import_run_kind", "import_run", f"kind IN ({', '.join(repr(kind) for kind in KINDS)})"
    )
