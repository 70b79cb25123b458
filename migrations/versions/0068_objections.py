"""Objections to a published result, and their replies."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"


def upgrade() -> None:
    empty = sa.text("''")
    op.create_table(
        "objection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_by", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.Text(), server_default=empty, nullable=False),
        sa.Column("reply", sa.Text(), server_default=empty, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), server_default=empty, nullable=False),
        sa.CheckConstraint("(answered_at IS NULL) = (reply = '')", name="objection_answered"),
    )
    op.create_index("objection_campaign", "objection", ["campaign_id", "id"])
    waiting = sa.text("answered_at IS NULL")
    op.create_index("objection_open", "objection", ["campaign_id"], postgresql_where=waiting)
