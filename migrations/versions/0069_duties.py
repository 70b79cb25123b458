"""The calendar of duties: what was done; campaigns that raise for an emergency."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"

TASKS = (
    "file_plan",
    "file_emergency",
    "publish_emergency",
    "publish_periodic",
    "publish_final",
    "assess_partners",
    "report_leftovers",
    "annual_report",
    "operating_report",
)


def upgrade() -> None:
    op.add_column("campaign", sa.Column("emergency", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    listed = ", ".join(f"'{task}'" for task in TASKS)
    op.create_table(
        "duty_done",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id")),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"task IN ({listed})", name="duty_done_task"),
        sa.UniqueConstraint(
            "task", "campaign_id", "due_on", name="duty_done_once", postgresql_nulls_not_distinct=True
        ),
    )
