"""Nodes of the network are merged; matching remembers where a project was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0076"
down_revision = "0075"


def upgrade() -> None:
    op.add_column(
        "organisation",
        sa.Column("merged_into", sa.Text(), sa.ForeignKey("organisation.code"), nullable=True),
    )
    op.create_check_constraint(
        "organisation_merged", "organisation", "merged_into IS NULL OR closed_at IS NOT NULL"
    )
    op.create_table(
        "project_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("lineage", ARRAY(sa.Text()), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("nextval('ledger_transfer_id_seq')"),
        ),
    )
    op.create_index("project_move_project", "project_move", ["project_id"])
    op.execute(
        """CREATE TRIGGER project_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON project_move
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
