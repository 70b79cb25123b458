"""Deposits are rows beside the books, and are corrected by entries that refer to them; a fund has a statement."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"

TRANSFER_KINDS = (
    "deposit",
    "deposit_corrected",
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
    "fee_charged",
    "fee_refunded",
    "difference_booked",
    "difference_corrected",
    "payout",
    "payout_returned",
)
INTO_FUND = ("deposit", "deposit_corrected", "pot_reduced", "pot_returned", "match_returned")
OUT_OF_FUND = ("deposit_corrected", "pot_funded")


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def upgrade() -> None:
    op.create_table(
        "fund_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("fund_id", sa.BigInteger(), sa.ForeignKey("fund.id"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("corrects_id", sa.BigInteger(), sa.ForeignKey("fund_entry.id")),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name="fund_entry_amount"),
        sa.CheckConstraint(
            "CASE WHEN corrects_id IS NULL THEN amount_minor > 0 ELSE reason <> '' END",
            name="fund_entry_correction",
        ),
    )
    op.create_index("fund_entry_fund", "fund_entry", ["fund_id", "reference"])
    op.create_index("fund_entry_corrects", "fund_entry", ["corrects_id"])
    op.execute(
        """INSERT INTO fund_entry (fund_id, key, amount_minor, reference, actor, booked_at)
           SELECT a.fund_id, t.key, t.amount_minor, coalesce(e.detail ->> 'reference', t.key),
                  coalesce(e.actor, 'system'), t.recorded_at
             FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account
             LEFT JOIN audit_entry e ON e.action = 'fund.deposit' AND e.subject = 'fund:' || a.fund_id
                                    AND t.key = 'deposit:' || a.fund_id || ':' || (e.detail ->> 'reference')
            WHERE t.kind = 'deposit' AND a.fund_id IN (SELECT id FROM fund) ORDER BY t.id
               ON CONFLICT (key) DO NOTHING"""
    )
    op.drop_constraint("ledger_transfer_kind", "ledger_transfer")
    op.execute(
        f"ALTER TABLE ledger_transfer ADD CONSTRAINT ledger_transfer_kind CHECK ({_one_of('kind', TRANSFER_KINDS)})"
        " NOT VALID"
    )
    op.execute("ALTER TABLE ledger_transfer VALIDATE CONSTRAINT ledger_transfer_kind")
    op.execute(
        f"""CREATE VIEW fund_movement AS
            SELECT t.id AS transfer_id, t.key, t.kind, a.fund_id, t.amount_minor AS delta_minor, o.pot_id, t.donation_id,
                   t.recorded_at
              FROM ledger_account a JOIN ledger_transfer t ON t.credit_account = a.id
              JOIN ledger_account o ON o.id = t.debit_account
             WHERE a.fund_id IS NOT NULL AND {_one_of("t.kind", INTO_FUND)}
             UNION ALL
            SELECT t.id, t.key, t.kind, a.fund_id, -t.amount_minor, o.pot_id, t.donation_id, t.recorded_at
              FROM ledger_account a JOIN ledger_transfer t ON t.debit_account = a.id
              JOIN ledger_account o ON o.id = t.credit_account
             WHERE a.fund_id IS NOT NULL AND {_one_of("t.kind", OUT_OF_FUND)}"""
    )
    with op.get_context().autocommit_block():
        for side, kinds in (("credit", INTO_FUND), ("debit", OUT_OF_FUND)):
            op.execute(
                f"CREATE INDEX CONCURRENTLY ledger_transfer_fund_{side} ON ledger_transfer ({side}_account)"
                f" WHERE {_one_of('kind', kinds)}"
            )
