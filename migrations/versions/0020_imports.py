"""Files that people hand in over the web: shown, confirmed, worked off by a job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

KINDS = "kind IN ('donations', 'statement', 'projects', 'network')"
STATES = "state IN ('checking', 'ready', 'confirmed', 'done', 'refused', 'changed', 'failed', 'expired')"
OPEN = "state IN ('checking', 'ready', 'confirmed')"


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("branch_code", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("lines_done", sa.Integer(), nullable=False),
        sa.Column("lines_total", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(KINDS, name="import_run_kind"),
        sa.CheckConstraint(STATES, name="import_run_state"),
        sa.CheckConstraint("state <> 'confirmed' OR confirmed_by <> ''", name="import_run_confirmed"),
    )
    op.create_index("import_run_open", "import_run", ["id"], postgresql_where=sa.text(OPEN))
    op.create_table(
        "import_file",
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("import_run.id"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
