"""What every row sees once costs little: the inbox keeps what became of a message apart from the message, and a
reservation ends without touching an index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "inbox_work",
        sa.Column("inbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('new', 'done', 'ignored', 'waiting', 'flagged')", name="inbox_work_state"),
        sa.PrimaryKeyConstraint("inbox_id"),
    )
    op.execute(
        """INSERT INTO inbox_work (inbox_id, state, note, done_at)
           SELECT id, state, note, done_at FROM inbox_event ORDER BY id"""
    )
    due = sa.text("state = 'new'")
    waiting = sa.text("state IN ('waiting', 'flagged')")
    op.create_index("inbox_work_due", "inbox_work", ["inbox_id"], postgresql_where=due)
    op.create_index("inbox_work_waiting", "inbox_work", ["inbox_id"], postgresql_where=waiting)
    for column in ("state", "note", "done_at"):
        op.drop_column("inbox_event", column)  # and the indexes and the check that name it
    op.execute(
        """CREATE TRIGGER inbox_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox_event
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.drop_index("reservation_donor", "reservation")
    op.create_index("reservation_donor", "reservation", ["donor_key", "pot_id"])
    op.execute("ALTER TABLE reservation SET (fillfactor = 50)")
