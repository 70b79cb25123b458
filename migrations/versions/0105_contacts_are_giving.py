"""Count what a donor left of themselves and their key as giving (ADR 15): each donation with a name or an address
writes both, and what pages read once per change of content was read again for each of them."""

from alembic import op

revision = "0105"
down_revision = "0104"

GIVING = (
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
    tables = ", ".join(f"'{table}'" for table in GIVING)
    op.execute(
        f"""CREATE OR REPLACE FUNCTION count_public_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
                 PERFORM nextval('public_change');
                 IF TG_TABLE_NAME <> ALL (ARRAY[{tables}]) THEN PERFORM nextval('content_change'); END IF;
                 RETURN NULL;
               END $$"""
    )
