"""Public pages show what was paid out and spent: they are made anew when it changes."""

from alembic import op

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    for table in ("payout_plan", "remittance_part"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
