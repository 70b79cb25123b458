"""Awards of campaigns, and what was published of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0091"
down_revision = "0090"

TIME = sa.DateTime(timezone=True)


def _key() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _campaign() -> "sa.Column[int]":
    return sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False)


def _text(name: str, default: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def upgrade() -> None:
    op.create_table(
        "award",
        _key(),
        _campaign(),
        _text("name"),
        _text("among"),
        _text("criterion"),
        sa.Column("mark_minor", sa.BigInteger()),
        sa.Column("places", sa.Integer(), nullable=False),
        _text("tie"),
        _text("added_by"),
        sa.Column("added_at", TIME, nullable=False),
        sa.UniqueConstraint("campaign_id", "name", name="award_name"),
        sa.CheckConstraint("among IN ('county', 'township', 'village', 'project', 'team')", name="award_among"),
        sa.CheckConstraint(
            "criterion IN ('donors', 'donations', 'raised', 'total', 'fastest')", name="award_criterion"
        ),
        sa.CheckConstraint("tie IN ('earlier', 'shared')", name="award_tie"),
        sa.CheckConstraint("places > 0", name="award_places"),
        sa.CheckConstraint("(criterion = 'fastest') = (mark_minor IS NOT NULL)", name="award_mark"),
    )
    op.create_table(
        "award_publication",
        _key(),
        _campaign(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("awards", postgresql.JSONB(), nullable=False),
        _text("awards_hash"),
        _text("reason", ""),
        _text("actor"),
        sa.Column("published_at", TIME, nullable=False),
        sa.UniqueConstraint("campaign_id", "version", name="award_publication_version"),
        sa.CheckConstraint("version > 0", name="award_publication_positive"),
        sa.CheckConstraint("(version = 1) = (reason = '')", name="award_publication_reason"),
    )
    op.execute(
        """CREATE TRIGGER award_publication_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON award_publication
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    for table in ("award", "award_publication"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
