"""The job `settle` is called `process-inbox`; what is known of its runs goes with it."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("UPDATE job_run SET name = 'process-inbox' WHERE name = 'settle'")
