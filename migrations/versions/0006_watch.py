"""The watch list: donors, instruments and devices whose match waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    empty = sa.text("''")
    op.create_table(
        "watch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), server_default=empty, nullable=False),
        sa.Column("lift_reason", sa.Text(), server_default=empty, nullable=False),
        sa.CheckConstraint("kind IN ('donor', 'instrument', 'device')", name="watch_kind"),
        sa.CheckConstraint("key <> '' AND reason <> '' AND actor <> ''", name="watch_said"),
        sa.CheckConstraint("until > listed_at", name="watch_term"),
        sa.CheckConstraint("(lifted_by <> '') = (lifted_at IS NOT NULL)", name="watch_lifted"),
        sa.ForeignKeyConstraint(["case_id"], ["screening_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "watch_once", "watch", ["kind", "key"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )
