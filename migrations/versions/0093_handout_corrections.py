"""What was handed out of goods is corrected by another entry that names it and says why."""

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0092"


def upgrade() -> None:
    op.add_column("goods_handout", sa.Column("corrects_id", sa.BigInteger(), sa.ForeignKey("goods_handout.id")))
    op.add_column("goods_handout", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_index("goods_handout_corrects", "goods_handout", ["corrects_id"])
    op.drop_constraint("goods_handout_quantity", "goods_handout")
    op.create_check_constraint(
        "goods_handout_quantity",
        "goods_handout",
        "CASE WHEN corrects_id IS NULL THEN quantity > 0 ELSE quantity <> 0 AND reason <> '' END",
    )
