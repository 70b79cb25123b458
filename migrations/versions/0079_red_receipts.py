"""Receipts cancelled by a red one, and files of the fiscal system imported."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"


def _widen(table: str, name: str, column: str, value: str) -> None:
    """Replace a CHECK by one that allows a further value beside those of now."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    values = dict.fromkeys([*re.findall(r"'([^']*)'", definition), value])
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, table)
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def upgrade() -> None:
    for name in ("red_code", "red_number"):
        op.add_column("receipt_request", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("receipt_request", sa.Column("red_flushed_on", sa.Date()))
    _widen("receipt_request", "receipt_request_state", "state", "red_flushed")
    red = "(red_number <> '') = (state = 'red_flushed') AND (red_flushed_on IS NULL) = (red_number = '')"
    op.create_check_constraint("receipt_request_red", "receipt_request", red)
    _widen("letter", "letter_kind", "kind", "receipt_cancelled")
    _widen("import_run", "import_run_kind", "kind", "receipts")
