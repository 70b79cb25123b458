"""Accounts and transfers get columns for what their names and keys said; live match becomes a column.

The values of existing rows come out of their old names, keys and reasons. Columns are filled while the tables are
rewritten (`ALTER COLUMN ... USING`): one pass, no dead rows, and the append-only trigger of the transfers, which
refuses every UPDATE, stays in force. A row with a reason that is not known here stops the upgrade.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

POT = ("pot_free", "pot_reserved", "pot_held", "pot_captured", "pot_released")
ACCOUNT_KINDS = ("bank", "clearing", "fees", "fund", *POT, "donations")
OF_RESERVATION = (
    "match_reserved",
    "match_captured",
    "match_released",
    "match_held",
    "match_cleared",
    "match_returned",
    "match_moved",
)
# The reason as it was written -> the kind of transfer.
REASONS = {
    "deposit": "deposit",
    "pot funded": "pot_funded",
    "pot reduction": "pot_reduced",
    "pot returned": "pot_returned",
    "match held": "match_reserved",
    "match captured": "match_captured",
    "match released": "match_released",
    "match held for a person to decide": "match_held",
    "match released by a person": "match_cleared",
    "match returned": "match_returned",
    "match moved to a better pot": "match_moved",
    "match released to project": "match_disbursed",
    "donation received": "donation_received",
    "donation refunded": "donation_refunded",
    "provider's fee": "fee_charged",
    "provider's fee given back": "fee_refunded",
}
IDS = ("fund_id", "pot_id", "campaign_id", "project_id")


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(_text(value) for value in values)})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def upgrade() -> None:
    # Long statements on a large database; giving waits at most for the lock.
    _accounts()
    _transfers()
    _live_match()
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def _accounts() -> None:
    op.drop_constraint("ledger_account_name", "ledger_account")
    op.drop_index("ledger_account_owner", "ledger_account")
    for column in IDS:
        op.add_column("ledger_account", sa.Column(column, sa.BigInteger(), nullable=True))
    op.add_column("ledger_account", sa.Column("provider", sa.Text(), nullable=True))
    op.execute(
        f"""ALTER TABLE ledger_account
            ALTER COLUMN fund_id TYPE bigint USING
                  CASE WHEN kind = 'fund' THEN CAST(split_part(owner, ':', 2) AS bigint) END,
            ALTER COLUMN pot_id TYPE bigint USING
                  CASE WHEN {_one_of("kind", POT)} THEN CAST(split_part(owner, ':', 2) AS bigint) END,
            ALTER COLUMN campaign_id TYPE bigint USING
                  CASE WHEN kind = 'donations' THEN CAST(split_part(owner, ':', 2) AS bigint) END,
            ALTER COLUMN project_id TYPE bigint USING
                  CASE WHEN purpose <> '' THEN CAST(split_part(purpose, ':', 2) AS bigint) END,
            ALTER COLUMN provider TYPE text USING
                  CASE WHEN kind IN ('clearing', 'fees') THEN owner END"""
    )
    op.drop_column("ledger_account", "owner")
    op.drop_column("ledger_account", "purpose")
    ids = " || '/' || ".join(f"coalesce(CAST({column} AS text), '')" for column in IDS)
    name = f"kind || '/' || {ids} || '/' || coalesce(provider, '') || '/' || currency"
    op.add_column("ledger_account", sa.Column("name", sa.Text(), sa.Computed(name, persisted=True), nullable=False))
    op.create_unique_constraint("ledger_account_name_key", "ledger_account", ["name"])
    for check, condition in {
        "kind": _one_of("kind", ACCOUNT_KINDS),
        "fund": "(fund_id IS NOT NULL) = (kind IN ('fund'))",
        "pot": f"(pot_id IS NOT NULL) = ({_one_of('kind', POT)})",
        "campaign": "(campaign_id IS NOT NULL) = (kind IN ('donations'))",
        "project": f"(project_id IS NOT NULL) = ({_one_of('kind', (*POT[1:], 'donations'))})",
        "provider": "(provider IS NOT NULL) = (kind IN ('clearing', 'fees'))",
    }.items():
        op.create_check_constraint(f"ledger_account_{check}", "ledger_account", condition)
    for index, columns in {
        "pot": ["kind", "pot_id", "project_id"],
        "campaign": ["campaign_id", "project_id"],
        "fund": ["fund_id"],
    }.items():
        op.create_index(
            f"ledger_account_of_{index}",
            "ledger_account",
            columns,
            postgresql_where=sa.text(f"{index}_id IS NOT NULL"),
        )


def _transfers() -> None:
    op.drop_index("ledger_transfer_match_returned", "ledger_transfer")
    for column in ("reservation_id", "decision_id", "case_id"):
        op.add_column("ledger_transfer", sa.Column(column, sa.BigInteger(), nullable=True))
    of_reservation = _one_of("reason", (old for old, new in REASONS.items() if new in OF_RESERVATION))
    kinds = " ".join(f"WHEN {_text(old)} THEN {_text(new)}" for old, new in REASONS.items())
    # Keys were: reservation:R:moved:DECISION, reservation:R:screen:CASE[:released], reservation:R:return:screen:CASE
    op.execute(
        f"""ALTER TABLE ledger_transfer
            ALTER COLUMN reservation_id TYPE bigint USING
                  CASE WHEN {of_reservation} THEN CAST(split_part(key, ':', 2) AS bigint) END,
            ALTER COLUMN decision_id TYPE bigint USING
                  CASE WHEN reason = 'match moved to a better pot'
                       THEN CAST(split_part(key, ':', 4) AS bigint) END,
            ALTER COLUMN case_id TYPE bigint USING
                  CASE WHEN reason IN ('match held for a person to decide', 'match released by a person')
                       THEN CAST(split_part(key, ':', 4) AS bigint)
                       WHEN reason = 'match returned' AND split_part(key, ':', 4) = 'screen'
                       THEN CAST(split_part(key, ':', 5) AS bigint) END,
            ALTER COLUMN reason TYPE text USING CASE reason {kinds} END"""
    )
    op.alter_column("ledger_transfer", "reason", new_column_name="kind")
    for check, condition in {
        "kind": _one_of("kind", REASONS.values()),
        "donation": "donation_id IS NOT NULL OR NOT "
        f"({_one_of('kind', (*OF_RESERVATION, 'donation_received', 'donation_refunded'))})",
        "reservation": f"(reservation_id IS NOT NULL) = ({_one_of('kind', OF_RESERVATION)})",
        "decision": "(decision_id IS NOT NULL) = (kind = 'match_moved')",
        "case": "kind = 'match_returned' OR (case_id IS NOT NULL) = (kind IN ('match_held', 'match_cleared'))",
    }.items():
        op.create_check_constraint(f"ledger_transfer_{check}", "ledger_transfer", condition)
    op.create_index(
        "ledger_transfer_match_returned",
        "ledger_transfer",
        ["donation_id"],
        postgresql_where=sa.text("kind IN ('match_returned', 'match_moved')"),
    )


def _live_match() -> None:
    op.add_column(
        "reservation",
        sa.Column(
            "live_minor",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN state = 'released' THEN 0 ELSE amount_minor - returned_minor END", persisted=True
            ),
            nullable=False,
        ),
    )


VIEWS = {
    "pot_balance": "SELECT pot_id, project_id, kind, balance_minor FROM ledger_account WHERE pot_id IS NOT NULL",
    "project_raised": """
        SELECT campaign_id, project_id, balance_minor AS raised_minor FROM ledger_account
         WHERE campaign_id IS NOT NULL""",
    "fund_balance": "SELECT fund_id, currency, balance_minor FROM ledger_account WHERE fund_id IS NOT NULL",
    "donation_movement": """
        SELECT t.id AS transfer_id, t.kind, a.campaign_id, a.project_id, t.donation_id, t.amount_minor,
               CASE WHEN t.credit_account = a.id THEN t.amount_minor ELSE -t.amount_minor END AS delta_minor
          FROM ledger_transfer t
          JOIN ledger_account a ON a.id = CASE t.kind WHEN 'donation_received' THEN t.credit_account
                                                      WHEN 'donation_refunded' THEN t.debit_account END
         WHERE t.kind IN ('donation_received', 'donation_refunded')""",
    "pot_movement": """
        SELECT t.id AS transfer_id, t.kind, a.pot_id, t.amount_minor, t.amount_minor AS delta_minor,
               t.donation_id, t.reservation_id, t.decision_id
          FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account AND a.kind = 'pot_free'
        UNION ALL
        SELECT t.id, t.kind, a.pot_id, t.amount_minor, -t.amount_minor, t.donation_id, t.reservation_id,
               t.decision_id
          FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_account AND a.kind = 'pot_free'""",
}
