"""Pauses of pots and moves of tranches change what public pages show: count them too."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    for table in ("pot_pause", "tranche_move"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
