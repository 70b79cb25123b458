"""Bills of platforms that are fetched: with which key, and what came of each day."""

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"


def upgrade() -> None:
    op.create_table(
        "bill_account",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "fetched_bill",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "code", "detail")),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('trades', 'funds')", name="fetched_bill_kind"),
        sa.CheckConstraint("state IN ('taken', 'empty', 'waits')", name="fetched_bill_state"),
        sa.CheckConstraint("lines >= 0 AND tries >= 0", name="fetched_bill_counts"),
        sa.CheckConstraint("(state = 'waits') = (next_at IS NOT NULL)", name="fetched_bill_next"),
    )
