"""Count the changes that giving does not make apart, so that what pages show of them is read once per change (ADR 15).

Giving, paying, screening and settling write the tables below all the time. Every other table that has the trigger
`public_change` now or later is content.
"""

from alembic import op

revision = "0089"
down_revision = "0088"

GIVING = (
    "campaign_tally",
    "donation",
    "donation_history",
    "ledger_account",
    "pot_draw",
    "pot_unlock",
    "public_words",
    "reservation",
)


def upgrade() -> None:
    tables = ", ".join(f"'{table}'" for table in GIVING)
    op.execute("CREATE SEQUENCE content_change")
    op.execute(
        f"""CREATE OR REPLACE FUNCTION count_public_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
                 PERFORM nextval('public_change');
                 IF TG_TABLE_NAME <> ALL (ARRAY[{tables}]) THEN PERFORM nextval('content_change'); END IF;
                 RETURN NULL;
               END $$"""
    )
