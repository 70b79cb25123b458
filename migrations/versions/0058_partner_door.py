"""Partner platforms have a state, a test mode with a check list, and tell where their donors came from."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"

STATES = "'draft', 'test', 'live', 'paused', 'ended'"


def upgrade() -> None:
    op.add_column("partner", sa.Column("state", sa.Text(), nullable=False, server_default="live"))
    op.create_check_constraint("partner_state", "partner", f"state IN ({STATES})")
    op.add_column("partner_secret", sa.Column("test", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "partner_test_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("event_id", "type", "their_id", "project_code")),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("content", "state", "note")),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("partner", "event_id", name="partner_test_event_once"),
    )
    op.create_index("partner_test_event_donation", "partner_test_event", ["partner", "their_id"])
    op.create_table(
        "partner_check",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("item", sa.Text(), primary_key=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "partner_refusal",
        sa.Column("partner", sa.Text(), sa.ForeignKey("partner.name"), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "gift_source",
        sa.Column("donation_id", sa.Uuid(), primary_key=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
    )
    op.create_index("gift_source_code", "gift_source", ["campaign_id", "code"])
