"""Refunds and disputes are kept as facts, and what a donation has left is computed from them.

What was refunded or lost so far becomes one fact per donation, so that the computed result equals the stored one.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

OF_POT = ("pot_free", "pot_reserved", "pot_held", "pot_captured", "pot_released")
ACCOUNT_KINDS = ("bank", "clearing", "fees", "losses", "fund", *OF_POT, "donations")
OF_RESERVATION = (
    "match_reserved",
    "match_captured",
    "match_released",
    "match_held",
    "match_cleared",
    "match_returned",
    "match_moved",
)
OF_MONEY = ("donation_received", "donation_refunded", "donation_reinstated", "loss_booked", "loss_recovered")
TRANSFER_KINDS = (
    "deposit",
    "pot_funded",
    "pot_reduced",
    "pot_returned",
    *OF_RESERVATION,
    "match_disbursed",
    *OF_MONEY,
    "fee_charged",
    "fee_refunded",
)
KINDS = ("refund", "dispute", "charge_total", "partner_total", "partner_reinstated")
STATES = ("pending", "succeeded", "failed", "warning", "open", "lost", "won", "told")


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def upgrade() -> None:
    op.add_column(
        "donation", sa.Column("excess_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "donation", sa.Column("reversal_postings", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    _check("donation", "excess", "excess_minor >= 0")
    _replace_check("ledger_account", "kind", _one_of("kind", ACCOUNT_KINDS))
    _replace_check(
        "ledger_account", "provider", "(provider IS NOT NULL) = (kind IN ('clearing', 'fees', 'losses'))"
    )
    _replace_check("ledger_transfer", "kind", _one_of("kind", TRANSFER_KINDS))
    of_donation = _one_of("kind", (*OF_RESERVATION, *OF_MONEY))
    _replace_check("ledger_transfer", "donation", f"donation_id IS NOT NULL OR NOT ({of_donation})")
    states = ("requested", "sent", "succeeded", "failed", "refused")
    op.drop_constraint("refund_state", "refund")
    _check("refund", "state", _one_of("state", states))
    op.create_index(
        "refund_provider_refund",
        "refund",
        ["provider_refund"],
        postgresql_where=sa.text("provider_refund IS NOT NULL"),
    )
    causes = ("pledge", "payment", "late", "reoffer", "challenge", "redistribute", "restore")
    _replace_check("match_decision", "cause", _one_of("cause", causes))
    _facts()
    op.execute("DROP VIEW donation_movement")
    op.execute(f"CREATE VIEW donation_movement AS {DONATION_MOVEMENT}")


def _replace_check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(f"{table}_{name}", table)
    _check(table, name, condition)


def _check(table: str, name: str, condition: str) -> None:
    """A new check is enforced at once and proved of existing rows without a lock on them."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{name}")


def _facts() -> None:
    op.create_table(
        "reversal_fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("donation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("kind", KINDS), name="reversal_fact_kind"),
        sa.CheckConstraint(_one_of("state", STATES), name="reversal_fact_state"),
        sa.CheckConstraint("amount_minor >= 0", name="reversal_fact_amount"),
        sa.UniqueConstraint(
            "donation_id", "kind", "reference", "state", "amount_minor", "at", name="reversal_fact_once"
        ),
    )
    op.execute(
        """CREATE TRIGGER reversal_fact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal_fact
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.create_table(
        "match_restore",
        sa.Column("donation_id", sa.Uuid(), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("match_restore_campaign", "match_restore", ["campaign_id"])
    # The ids of earlier refunds and disputes were not kept: each donation gets one fact that says what is so.
    op.execute(
        """INSERT INTO reversal_fact (donation_id, kind, reference, state, amount_minor, at, recorded_at)
           SELECT id, CASE WHEN dispute <> '' THEN 'dispute'
                           WHEN channel IN ('partner', 'offline') THEN 'partner_total' ELSE 'charge_total' END,
                  'before-0011', CASE dispute WHEN '' THEN 'told' ELSE dispute END,
                  CASE WHEN dispute IN ('', 'lost') THEN refunded_minor ELSE amount_minor END,
                  coalesce(paid_at, pledged_at), clock_timestamp()
             FROM donation WHERE refunded_minor > 0 OR dispute <> ''"""
    )
    op.execute(
        """INSERT INTO reversal_fact (donation_id, kind, reference, state, amount_minor, at, recorded_at)
           SELECT id, 'charge_total', 'before-0011', 'told', refunded_minor, coalesce(paid_at, pledged_at),
                  clock_timestamp()
             FROM donation WHERE refunded_minor > 0 AND dispute IN ('open', 'won')"""
    )


DONATION_MOVEMENT = """
    SELECT t.id AS transfer_id, t.kind, a.campaign_id, a.project_id, t.donation_id, t.amount_minor,
           CASE WHEN t.credit_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS delta_minor
      FROM ledger_transfer t
      JOIN ledger_account a ON a.id = CASE t.kind WHEN 'donation_received' THEN t.credit_account
                                                  WHEN 'donation_reinstated' THEN t.credit_account
                                                  WHEN 'donation_refunded' THEN t.debit_account END
     WHERE t.kind IN ('donation_received', 'donation_refunded', 'donation_reinstated')"""
