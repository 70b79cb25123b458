"""Replies kept for a repetition name the donations whose personal data they contain: their keys seal the body too, so
that an erasure makes it unreadable (ADR 21)."""

from alembic import op

revision = "0108"
down_revision = "0107"


def upgrade() -> None:
    op.execute("ALTER TABLE stored_reply ADD COLUMN people uuid[] NOT NULL DEFAULT '{}'")
