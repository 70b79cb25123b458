"""Counts of the gifts of large teams, kept for each campaign. Shared pages show them, so their changes are counted,
as giving (ADR 15)."""

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"

COUNTS = ("analytics_run", "analytics_team")
GIVING = (
    *COUNTS,
    "campaign_tally",
    "donation",
    "donation_contact",
    "donation_history",
    "ledger_account",
    "person_key",
    "pot_draw",
    "pot_unlock",
    "public_words",
    "reservation",
)


def upgrade() -> None:
    op.create_table(
        "analytics_team",
        sa.Column("campaign_id", sa.BigInteger(), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("paid_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.Column("raised_minor", sa.BigInteger(), nullable=False),
        sa.Column("matched_minor", sa.BigInteger(), nullable=False),
    )
    tables = ", ".join(f"'{table}'" for table in GIVING)
    op.execute(
        f"""CREATE OR REPLACE FUNCTION count_public_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
                 PERFORM nextval('public_change');
                 IF TG_TABLE_NAME <> ALL (ARRAY[{tables}]) THEN PERFORM nextval('content_change'); END IF;
                 RETURN NULL;
               END $$"""
    )
    for table in COUNTS:
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
