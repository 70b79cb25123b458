"""Files that people order: how far each is, and its content in parts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0094"
down_revision = "0093"

TIME = sa.DateTime(timezone=True)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _whole(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "export_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        _text("owner"),
        _text("actor"),
        sa.Column("branch_code", sa.Text(), sa.ForeignKey("organisation.code")),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        _text("file_format"),
        _text("language"),
        _text("order_hash"),
        _text("state"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _whole("rows_done"),
        _whole("rows_total"),
        _whole("file_bytes"),
        sa.Column("ordered_at", TIME, nullable=False),
        sa.Column("seen_at", TIME),
        sa.Column("ended_at", TIME),
        sa.CheckConstraint("state IN ('waiting', 'writing', 'done', 'failed', 'expired')", name="export_run_state"),
        sa.CheckConstraint("file_format IN ('csv', 'xlsx')", name="export_run_format"),
        sa.CheckConstraint("rows_done >= 0 AND rows_total >= 0 AND file_bytes >= 0", name="export_run_counts"),
    )
    op.create_index(
        "export_run_once",
        "export_run",
        ["order_hash"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'writing')"),
    )
    op.create_index("export_run_owner", "export_run", ["owner", "id"])
    op.create_table(
        "export_part",
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("export_run.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
