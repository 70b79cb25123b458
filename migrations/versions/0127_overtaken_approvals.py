"""Requests for approval that end because their subject was decided otherwise."""

from alembic import op

revision = "0127"
down_revision = "0126"
STATES = "'open', 'approved', 'declined', 'expired', 'overtaken'"


def upgrade() -> None:
    op.execute("ALTER TABLE approval DROP CONSTRAINT approval_state")
    op.execute(f"ALTER TABLE approval ADD CONSTRAINT approval_state CHECK (state IN ({STATES})) NOT VALID")
    op.execute("ALTER TABLE approval VALIDATE CONSTRAINT approval_state")
