"""What the federation wants to reach in a year."""

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"


def upgrade() -> None:
    op.create_table(
        "yearly_goal",
        sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("goods_minor", sa.BigInteger(), nullable=False),
        sa.Column("online_bps", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199", name="yearly_goal_year"),
        sa.CheckConstraint("money_minor > 0 AND goods_minor >= 0", name="yearly_goal_sums"),
        sa.CheckConstraint("online_bps BETWEEN 0 AND 10000", name="yearly_goal_online"),
    )
