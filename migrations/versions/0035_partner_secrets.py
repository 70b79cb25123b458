"""Signing secrets of partners have rows of their own, so that two are valid while one is rotated."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "partner_secret",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("partner_secret_partner", "partner_secret", ["partner"])
    op.execute(
        """INSERT INTO partner_secret (partner, sealed_secret, created_at, created_by)
           SELECT name, sealed_secret, created_at, '' FROM partner"""
    )
    # The old column stays for the minutes of an upgrade; what is new writes an empty one.
    op.alter_column("partner", "sealed_secret", server_default="")
