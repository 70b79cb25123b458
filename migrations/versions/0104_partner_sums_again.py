"""Sums are stated to a platform again when a correction changes them: they have a number."""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"


def upgrade() -> None:
    op.add_column("partner_sums", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("partner_sums", "number", server_default=None)
    op.drop_constraint("partner_sums_once", "partner_sums")
    op.create_unique_constraint("partner_sums_number", "partner_sums", ["campaign_id", "partner", "number"])
    op.create_check_constraint("partner_sums_positive", "partner_sums", "number > 0")
