"""Goods that projects were given beside money, with their value, and what was handed out of them."""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"

TIME = sa.DateTime(timezone=True)


def _key() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _text(name: str, default: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _whole(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "goods",
        _key(),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        _text("name"),
        _whole("quantity"),
        _text("unit"),
        _whole("value_minor"),
        _text("basis"),
        _text("valued_by"),
        _text("giver", ""),
        _text("document"),
        sa.Column("received_on", sa.Date(), nullable=False),
        _text("state"),
        _text("entered_by"),
        sa.Column("entered_at", TIME, nullable=False),
        _text("reason", ""),
        _text("decided_by", ""),
        sa.Column("decided_at", TIME),
        sa.CheckConstraint("basis IN ('invoice', 'appraisal', 'market_price')", name="goods_basis"),
        sa.CheckConstraint("state IN ('entered', 'confirmed', 'withdrawn')", name="goods_state"),
        sa.CheckConstraint("quantity > 0 AND value_minor > 0", name="goods_positive"),
        sa.CheckConstraint("(state = 'entered') = (decided_at IS NULL)", name="goods_decided"),
    )
    op.create_index("goods_project", "goods", ["project_id"])
    op.create_table(
        "goods_handout",
        _key(),
        sa.Column("goods_id", sa.BigInteger(), sa.ForeignKey("goods.id"), nullable=False),
        _whole("quantity"),
        _text("recipient"),
        sa.Column("handed_on", sa.Date(), nullable=False),
        _text("evidence"),
        _text("actor"),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("quantity > 0", name="goods_handout_quantity"),
    )
    op.create_index("goods_handout_goods", "goods_handout", ["goods_id"])
    op.execute(
        """CREATE TRIGGER goods_handout_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON goods_handout
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )
    for table in ("goods", "goods_handout"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
