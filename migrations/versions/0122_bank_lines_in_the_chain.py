"""Seal the lines of the bank in the chain of audit blocks, like the lines of providers."""

from alembic import op

revision = "0122"
down_revision = "0121"


def upgrade() -> None:
    op.drop_constraint("audit_block_source", "audit_block")
    check = "CHECK (source IN ('audit_entry', 'provider_line', 'bank_line'))"
    op.execute(f"ALTER TABLE audit_block ADD CONSTRAINT audit_block_source {check} NOT VALID")
    op.execute("ALTER TABLE audit_block VALIDATE CONSTRAINT audit_block_source")
    op.execute(
        """CREATE TRIGGER bank_line_numbered BEFORE INSERT ON bank_line
           FOR EACH STATEMENT EXECUTE FUNCTION take_transaction_number()"""
    )
