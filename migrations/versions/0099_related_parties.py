"""Declarations of the related parties of projects."""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"


def upgrade() -> None:
    op.create_table(
        "related_parties",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("related", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("NOT related OR text <> ''", name="related_parties_said"),
    )
    op.create_index("related_parties_project", "related_parties", ["project_id"])
    op.execute(
        """CREATE TRIGGER related_parties_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON related_parties
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON related_parties
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
