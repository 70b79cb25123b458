"""Self-checks of the nodes that carried out projects of an event, with their answers."""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"


def upgrade() -> None:
    op.create_table(
        "self_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("organisation_code", sa.Text(), sa.ForeignKey("organisation.code"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("campaign_id", "organisation_code", "number", name="self_check_number"),
        sa.CheckConstraint("number > 0", name="self_check_positive"),
    )
    op.create_table(
        "self_check_answer",
        sa.Column("check_id", sa.BigInteger(), sa.ForeignKey("self_check.id"), primary_key=True),
        sa.Column("question", sa.Text(), primary_key=True),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "question IN ('received', 'vouchers', 'published', 'surplus', 'complaints')",
            name="self_check_answer_question",
        ),
        sa.CheckConstraint("yes OR remark <> ''", name="self_check_answer_remark"),
    )
    for table in ("self_check", "self_check_answer"):
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
        )
