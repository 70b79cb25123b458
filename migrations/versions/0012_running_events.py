"""Keep why a campaign's closing or a job failed, and let a scheduled campaign become a draft again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "closing_problem",
        sa.Column("campaign_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code IN ('step_failed', 'statement_unavailable')", name="closing_problem_code"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
    )
    op.add_column("job_run", sa.Column("failure", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("job_run", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    # A campaign becomes a draft and is scheduled as often as it is changed; every other phase it reaches once.
    op.drop_index("campaign_history_once", "campaign_history")
    op.create_index(
        "campaign_history_once",
        "campaign_history",
        ["campaign_id", "to_phase"],
        unique=True,
        postgresql_where=sa.text("to_phase NOT IN ('draft', 'scheduled')"),
    )
