"""What is signed off is booked: an account per provider holds the differences that nobody has placed yet, and
payouts are posted.

Differences that were signed off before get their sum and its posting with the next comparison, as far as they still
exist.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

OF_PROVIDER = ("clearing", "fees", "losses", "suspense")
OF_POT = ("pot_free", "pot_reserved", "pot_held", "pot_captured", "pot_released")
ACCOUNT_KINDS = ("bank", *OF_PROVIDER, "fund", *OF_POT, "donations")
OF_LINES = ("fee_charged", "fee_refunded", "payout", "payout_returned")
TRANSFER_KINDS = (
    "deposit",
    "pot_funded",
    "pot_reduced",
    "pot_returned",
    "match_reserved",
    "match_captured",
    "match_released",
    "match_held",
    "match_cleared",
    "match_returned",
    "match_moved",
    "match_disbursed",
    "donation_received",
    "donation_refunded",
    "donation_reinstated",
    "loss_booked",
    "loss_recovered",
    *OF_LINES,
    "difference_booked",
    "difference_corrected",
)
CAUSES = (
    "missing_here",
    "missing_there",
    "amount",
    "duplicate",
    "late",
    "refund",
    "fee",
    "dispute",
    "adjustment",
    "payment_exception",
    "missing_statement",
)


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _replace_check(table: str, name: str, condition: str) -> None:
    """A new check is enforced at once and proved of existing rows without a lock on them."""
    op.drop_constraint(f"{table}_{name}", table)
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition}) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{name}")


def upgrade() -> None:
    _replace_check("ledger_account", "kind", _one_of("kind", ACCOUNT_KINDS))
    _replace_check("ledger_account", "provider", f"(provider IS NOT NULL) = ({_one_of('kind', OF_PROVIDER)})")
    _replace_check("ledger_transfer", "kind", _one_of("kind", TRANSFER_KINDS))
    op.execute(
        """CREATE VIEW provider_balance AS SELECT provider, currency, kind, balance_minor
              FROM ledger_account WHERE provider IS NOT NULL"""
    )
    op.execute(
        f"""CREATE VIEW line_posting AS SELECT key, kind, amount_minor
              FROM ledger_transfer WHERE {_one_of("kind", OF_LINES)}"""
    )
    _discrepancies()
    op.add_column(
        "partner", sa.Column("statement_expected", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )


def _discrepancies() -> None:
    """Differences of no campaign; what each is worth, and what of it is booked."""
    op.alter_column("discrepancy", "campaign_id", nullable=True)
    op.add_column("discrepancy", sa.Column("currency", sa.Text(), nullable=False, server_default=sa.text("'CNY'")))
    for name in ("sum_minor", "booked_minor"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("discrepancy", column)
    op.add_column("discrepancy", sa.Column("bookings", sa.Integer(), nullable=False, server_default=sa.text("0")))
    _replace_check("discrepancy", "cause", _one_of("cause", CAUSES))
    op.drop_constraint("discrepancy_once", "discrepancy")
    op.execute(
        """ALTER TABLE discrepancy ADD CONSTRAINT discrepancy_once
           UNIQUE NULLS NOT DISTINCT (campaign_id, provider, cause, reference)"""
    )
