"""The calendar of duties reminds of the assessment of personal data."""

from alembic import op

revision = "0118"
down_revision = "0117"

TASKS = (
    "file_plan",
    "assess_privacy",
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
    listed = ", ".join(f"'{task}'" for task in TASKS)
    op.drop_constraint("duty_done_task", "duty_done")
    op.create_check_constraint("duty_done_task", "duty_done", f"task IN ({listed})")
