"""Let ANALYZE leave out columns that are wide and that no condition compares: sealed parts, bodies of messages, traces
of decisions.

Sorting their values was the greater part of analysing these tables, which happens again and again while a rush fills
them. ANALYZE takes a short lock on the table for this, and so does this migration.
"""

from alembic import op

revision = "0100"
down_revision = "0099"

COLUMNS = {
    "donation_contact": ("sealed",),
    "inbox_event": ("body", "body_hash", "sealed"),
    "match_decision": ("trace",),
    "person_key": ("wrapped",),
}


def upgrade() -> None:
    for table, names in COLUMNS.items():
        changes = ", ".join(f"ALTER COLUMN {name} SET STATISTICS 0" for name in names)
        op.execute(f"ALTER TABLE {table} {changes}")
