"""Count every statement that writes what public pages show, so that pages are made once per change.

A sequence, not a row: it takes no lock, so that donations do not wait for one another (ADR 15).
"""

from alembic import op

revision = "0019"
down_revision = "0018"

# Every table that a shared page reads; a test compares (tests/shared_pages/test_changes.py).
TABLES = (
    "campaign",
    "campaign_entry",
    "campaign_tally",
    "closing_report",
    "donation",
    "ledger_account",
    "organisation",
    "pot",
    "pot_draw",
    "pot_funding",
    "pot_rules",
    "pot_unlock",
    "project",
    "reservation",
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE public_change")
    op.execute(
        """CREATE FUNCTION count_public_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM nextval('public_change'); RETURN NULL; END $$"""
    )
    for table in TABLES:
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
