"""Projects on the blacklist: reason, term, appeal, and who lifted it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    empty = sa.text("''")
    op.create_table(
        "project_listing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal", sa.Text(), server_default=empty, nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default=empty, nullable=False),
        sa.Column("answered_by", sa.Text(), server_default=empty, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), server_default=empty, nullable=False),
        sa.Column("lift_reason", sa.Text(), server_default=empty, nullable=False),
        sa.CheckConstraint("until > listed_at", name="project_listing_term"),
        sa.CheckConstraint("reason <> '' AND actor <> ''", name="project_listing_said"),
        sa.CheckConstraint("(lifted_by <> '') = (lifted_at IS NOT NULL)", name="project_listing_lifted"),
        sa.CheckConstraint("(appeal <> '') = (appealed_at IS NOT NULL)", name="project_listing_appeal"),
        sa.CheckConstraint("(answer <> '') = (answered_at IS NOT NULL)", name="project_listing_answer"),
        sa.CheckConstraint("answered_at IS NULL OR appealed_at IS NOT NULL", name="project_listing_answered"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "project_listing_once",
        "project_listing",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_index("project_listing_project", "project_listing", ["project_id"])
    op.add_column("screening_case", sa.Column("blacklisted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("screening_case", sa.Column("blacklisted_by", sa.Text(), server_default=empty, nullable=False))
