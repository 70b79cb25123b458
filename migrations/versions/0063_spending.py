"""Projects enter what they spent, with vouchers; money may be given another purpose."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"

TIME = sa.DateTime(timezone=True)


def _text(name: str, default: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _ref(name: str, to: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{to}.id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        _ref("project_id", "project"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        _text("document_no"),
        _text("purpose"),
        _text("budget_row", ""),
        _text("file_key", ""),
        _text("content_hash", ""),
        _text("state"),
        _text("entered_by"),
        sa.Column("entered_at", TIME, nullable=False),
        _text("opinion", ""),
        _text("decided_by", ""),
        sa.Column("decided_at", TIME),
        sa.CheckConstraint("state IN ('entered', 'checked', 'sent_back', 'withdrawn')", name="spending_state"),
        sa.CheckConstraint("amount_minor > 0", name="spending_amount"),
        sa.CheckConstraint("state <> 'checked' OR file_key <> ''", name="spending_voucher"),
        sa.CheckConstraint("(file_key = '') = (content_hash = '')", name="spending_photo"),
    )
    photo, waiting = sa.text("content_hash <> ''"), sa.text("state = 'entered'")
    op.create_index("spending_project", "spending", ["project_id"])
    op.create_index("spending_photo_again", "spending", ["content_hash"], postgresql_where=photo)
    op.create_index("spending_waiting", "spending", ["entered_at"], postgresql_where=waiting)
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON spending
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
    op.create_table(
        "purpose_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        _ref("campaign_id", "campaign"),
        _ref("from_project_id", "project"),
        _ref("to_project_id", "project"),
        _text("share"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        _text("filing_no"),
        _text("reason"),
        _text("actor"),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="purpose_change_amount"),
        sa.CheckConstraint("from_project_id <> to_project_id", name="purpose_change_projects"),
        sa.CheckConstraint("share IN ('share_project', 'share_township')", name="purpose_change_share"),
        sa.CheckConstraint("reason <> '' AND filing_no <> ''", name="purpose_change_said"),
    )
    op.create_index("purpose_change_from", "purpose_change", ["from_project_id"])
    op.create_index("purpose_change_to", "purpose_change", ["to_project_id"])
