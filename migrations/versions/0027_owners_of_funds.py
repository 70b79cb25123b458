"""Funds belong to an organisation, or to the federation; their owner grants them to other branches."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column(
        "fund", sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=True)
    )
    op.create_table(
        "fund_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("fund_id", sa.BigInteger(), sa.ForeignKey("fund.id"), nullable=False),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=False),
    )
    op.create_index(
        "fund_grant_once",
        "fund_grant",
        ["fund_id", "organisation_code"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
