"""The day from which the calendar of duties asks for the assessment of personal data (duty 17), for campaigns that
were scheduled by versions without its fields in the plan."""

import sqlalchemy as sa
from alembic import op

revision = "0121"
down_revision = "0120"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("assessment_asked_on", sa.Date(), nullable=True))
    op.execute(
        """UPDATE campaign SET assessment_asked_on = CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date)
            WHERE phase <> 'draft' AND NOT plan ? 'privacy_assessment'
              AND NOT EXISTS (SELECT FROM duty_done d
                               WHERE d.campaign_id = campaign.id AND d.task = 'assess_privacy')"""
    )
