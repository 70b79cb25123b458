"""Tables that grow with every donation are analysed and vacuumed by autovacuum earlier than others.

Only the parameters change: no row is touched and no reader or writer waits.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

HOT = (
    "burst_count",
    "campaign_donor",
    "counted_gift",
    "device_gift",
    "donation",
    "donation_contact",
    "donation_history",
    "donation_look",
    "inbox_event",
    "inbox_work",
    "ledger_account",
    "ledger_transfer",
    "match_decision",
    "provider_line",
    "reservation",
    "reversal_fact",
    "screening_case",
)
PARAMETERS = {
    "autovacuum_analyze_threshold": 250,
    "autovacuum_analyze_scale_factor": 0.05,
    "autovacuum_vacuum_scale_factor": 0.05,
    "autovacuum_vacuum_insert_scale_factor": 0.1,
}


def upgrade() -> None:
    parameters = ", ".join(f"{name} = {value}" for name, value in PARAMETERS.items())
    for table in HOT:
        op.execute(f"ALTER TABLE {table} SET ({parameters})")
