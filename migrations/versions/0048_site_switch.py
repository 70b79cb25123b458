"""Switches of the whole site that operators turn while it runs."""

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE site_switch (name text PRIMARY KEY, value text NOT NULL, turned_at timestamptz NOT NULL)"
    )
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON site_switch
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
