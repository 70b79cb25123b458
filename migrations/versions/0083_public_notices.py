"""Public notices of results by project, numbered and frozen, and their corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0083"
down_revision = "0082"


def upgrade() -> None:
    op.create_table(
        "public_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ledger_mark", sa.BigInteger(), nullable=False),
        sa.Column("notice", postgresql.JSONB(), nullable=False),
        sa.Column("notice_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("year", "number", name="public_notice_number"),
        sa.UniqueConstraint("campaign_id", "version", name="public_notice_version"),
        sa.CheckConstraint("(version = 1) = (reason = '')", name="public_notice_reason"),
        sa.CheckConstraint("number > 0 AND version > 0", name="public_notice_positive"),
    )
    op.execute(
        """CREATE TRIGGER public_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public_notice
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT ON public_notice
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
