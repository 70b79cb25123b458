"""Seal the rules of pots and the deposits to funds in the chain of audit blocks."""

from alembic import op

revision = "0124"
down_revision = "0123"


def upgrade() -> None:
    op.drop_constraint("audit_block_source", "audit_block")
    sources = "('audit_entry', 'provider_line', 'bank_line', 'pot_rules', 'fund_entry')"
    op.execute(f"ALTER TABLE audit_block ADD CONSTRAINT audit_block_source CHECK (source IN {sources}) NOT VALID")
    op.execute("ALTER TABLE audit_block VALIDATE CONSTRAINT audit_block_source")
    for table in ("pot_rules", "fund_entry"):
        op.execute(
            f"""CREATE TRIGGER {table}_numbered BEFORE INSERT ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION take_transaction_number()"""
        )
