"""Audit entries know their network; they and the lines of statements are sealed in a chain of blocks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"

SEALED = ("audit_entry", "provider_line")


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "audit_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.CheckConstraint("source IN ('audit_entry', 'provider_line')", name="audit_block_source"),
    )
    op.create_index("audit_block_last", "audit_block", ["source", "last_id"])
    op.execute(
        """CREATE TRIGGER audit_block_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_block
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    # A writer has its number before it takes an id: `campaigns/audit_chain.py` says why.
    op.execute(
        """CREATE FUNCTION take_transaction_number() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             PERFORM pg_current_xact_id();
             RETURN NULL;
           END $$"""
    )
    for table in SEALED:
        op.execute(
            f"""CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION take_transaction_number()"""
        )
    # What projects earned of pots, and when donations moved: a closing report can be compared with the books as they
    # were at its mark, and what came after it can be listed.
    for name, query in VIEWS.items():
        op.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")


VIEWS = {
    "donation_movement": """
        SELECT t.id AS transfer_id, t.kind, a.campaign_id, a.project_id, t.donation_id, t.amount_minor,
               CASE WHEN t.credit_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS delta_minor,
               t.recorded_at
          FROM ledger_transfer t
          JOIN ledger_account a ON a.id = CASE t.kind WHEN 'donation_received' THEN t.credit_account
                                                      WHEN 'donation_reinstated' THEN t.credit_account
                                                      WHEN 'donation_refunded' THEN t.debit_account END
         WHERE t.kind IN ('donation_received', 'donation_refunded', 'donation_reinstated')""",
    "earned_movement": """
        SELECT t.id AS transfer_id, t.kind, a.pot_id, a.project_id, t.donation_id, t.amount_minor AS delta_minor,
               t.recorded_at
          FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account
         WHERE a.kind IN ('pot_captured', 'pot_released')
         UNION ALL
        SELECT t.id, t.kind, a.pot_id, a.project_id, t.donation_id, -t.amount_minor, t.recorded_at
          FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account
         WHERE a.kind IN ('pot_captured', 'pot_released')""",
}
