"""Refuse changes of what reservations, cases and payments at the desk were written with, seal pots in the chain of audit
blocks, and show the movements of reservations with all that they name."""

from alembic import op

revision = "0129"
down_revision = "0128"

SEALED = "('audit_entry', 'provider_line', 'bank_line', 'pot', 'pot_rules', 'fund_entry')"
# Triggers of columns: a statement that sets none of them does not run them.
KEPT = {
    "reservation": "decision_id, donation_id, rules_id, project_id, amount_minor, day, created_at",
    "screening_case": "donation_id, campaign_id, held_minor, opened_at",
    "payment_exception": "provider, payment_intent, amount_minor, currency, donation_id, reason, occurred_at, found_at",
}


def upgrade() -> None:
    op.drop_constraint("audit_block_source", "audit_block")
    op.execute(f"ALTER TABLE audit_block ADD CONSTRAINT audit_block_source CHECK (source IN {SEALED}) NOT VALID")
    op.execute("ALTER TABLE audit_block VALIDATE CONSTRAINT audit_block_source")
    op.execute(
        """CREATE TRIGGER pot_numbered BEFORE INSERT ON pot
           FOR EACH STATEMENT EXECUTE FUNCTION take_transaction_number()"""
    )
    for table, columns in KEPT.items():
        op.execute(
            f"""CREATE TRIGGER {table}_kept BEFORE UPDATE OF {columns} ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
    # A signal may be added while a case is open; a reviewer decided by those that it had then.
    op.execute(
        """CREATE TRIGGER screening_case_signals_kept BEFORE UPDATE OF signals ON screening_case FOR EACH ROW
           WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_change()"""
    )
    op.execute(
        """CREATE VIEW match_movement AS
           SELECT t.id AS transfer_id, t.kind, t.amount_minor, t.donation_id, t.reservation_id, t.decision_id,
                  t.case_id
             FROM ledger_transfer t WHERE t.reservation_id IS NOT NULL"""
    )
