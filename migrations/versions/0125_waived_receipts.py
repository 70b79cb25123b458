"""Donors who want no receipt, which is recorded beside the requests."""

from alembic import op

revision = "0125"
down_revision = "0124"
STATES = "'requested', 'issued', 'red_flushed', 'withdrawn', 'waived'"


def upgrade() -> None:
    op.execute("ALTER TABLE receipt_request DROP CONSTRAINT receipt_request_state")
    op.execute(
        f"ALTER TABLE receipt_request ADD CONSTRAINT receipt_request_state CHECK (state IN ({STATES})) NOT VALID"
    )
    op.execute("ALTER TABLE receipt_request VALIDATE CONSTRAINT receipt_request_state")
