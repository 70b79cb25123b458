"""Sources of a campaign that donors come from."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("code", "kind", "title")),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('livestream', 'video', 'poster', 'station')", name="source_kind"),
        sa.CheckConstraint("title <> ''", name="source_title"),
    )
    op.create_index("source_code", "source", ["code"], unique=True)
    op.create_index("source_campaign", "source", ["campaign_id"])
