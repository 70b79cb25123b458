"""A project's rating at any time, so that replayed match sees the one that counted then."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "project_rating",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            server_default=sa.text("nextval('ledger_transfer_id_seq')"),
            nullable=False,
        ),
        sa.CheckConstraint("rating BETWEEN 0 AND 5", name="project_rating_range"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        """CREATE TRIGGER project_rating_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON project_rating
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.create_index("project_rating_project", "project_rating", ["project_id"])
    # Nothing could set a rating before this version; one that came some other way was there from the start.
    op.execute(
        """INSERT INTO project_rating (project_id, rating, rated_at, actor, position)
           SELECT id, rating, created_at, 'migration', 0 FROM project WHERE rating <> 0"""
    )
