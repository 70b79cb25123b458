"""What a donation and a reservation refer to is checked once per statement, not once per row.

A foreign key asks for every row, and locks what it finds: on batches that took longer than the rows themselves.
"""

from alembic import op

revision = "0040"
down_revision = "0039"

PLACES = {"donation": {"campaign": "campaign_id", "project": "project_id"}, "reservation": {"pot": "pot_id"}}


def upgrade() -> None:
    # In the order in which donors reach them: nobody and this wait for each other.
    op.execute("LOCK TABLE campaign, project, pot, donation, reservation IN ACCESS EXCLUSIVE MODE")
    for table, places in PLACES.items():
        missing = " OR ".join(
            f"EXISTS (SELECT FROM (SELECT DISTINCT {column} FROM inserted) AS i "
            f"WHERE NOT EXISTS (SELECT FROM {place} AS p WHERE p.id = i.{column}))"
            for place, column in places.items()
        )
        op.execute(
            f"""CREATE FUNCTION require_places_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  IF {missing} THEN
                    RAISE foreign_key_violation USING MESSAGE = '{table} of an unknown {" or ".join(places)}';
                  END IF;
                  RETURN NULL;
                END $$"""
        )
        op.execute(
            f"CREATE TRIGGER {table}_places AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted "
            f"FOR EACH STATEMENT EXECUTE FUNCTION require_places_of_{table}()"
        )
        for place, column in places.items():
            _keep(table, place, column)


def _keep(table: str, place: str, column: str) -> None:
    """Let rows stay where they are, and what they refer to stay with them."""
    op.execute(
        f"CREATE TRIGGER {table}_{column}_kept BEFORE UPDATE OF {column} ON {table} FOR EACH ROW "
        f"WHEN (NEW.{column} <> OLD.{column}) EXECUTE FUNCTION refuse_change()"
    )
    # The lock waits for inserts that have looked already and are not committed.
    op.execute(
        f"""CREATE FUNCTION keep_{place}_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              LOCK TABLE {table} IN SHARE MODE;
              IF EXISTS (SELECT FROM {table} WHERE {column} = OLD.id) THEN
                RAISE foreign_key_violation USING MESSAGE = '{place} is in use by {table}';
              END IF;
              RETURN NULL;
            END $$"""
    )
    op.execute(
        f"CREATE TRIGGER {place}_of_{table} AFTER DELETE ON {place} "
        f"FOR EACH ROW EXECUTE FUNCTION keep_{place}_of_{table}()"
    )
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey")
