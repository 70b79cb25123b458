"""What a run of a job did as counts by unit, instead of a sentence that its readers took apart.

The column `outcome` stays for processes of the earlier version during the upgrade. The last failure says only what
and where.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0115"
down_revision = "0114"


def upgrade() -> None:
    op.add_column("job_run", sa.Column("counts", JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.execute("UPDATE job_run SET failed_at = finished_at WHERE failure <> '' AND outcome = failure")
    op.execute("UPDATE job_run SET failure = regexp_replace(failure, '^failed: ', '')")
