"""Projects say what a sum does, how the money is spent, and whom to ask."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    for name in ("unit", "unit_note", "contact_name", "contact_role", "contact_phone"):
        op.add_column("project", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("project", sa.Column("unit_price_minor", sa.BigInteger(), nullable=True))
    op.add_column("project", sa.Column("budget", JSONB(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("project", sa.Column("contact_consented_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("project_unit", "project", "(unit <> '') = (unit_price_minor IS NOT NULL)")
    op.create_check_constraint("project_unit_price", "project", "unit_price_minor > 0")
    op.create_check_constraint(
        "project_contact", "project", "(contact_name <> '') = (contact_consented_at IS NOT NULL)"
    )
