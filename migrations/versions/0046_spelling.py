"""How names are spelled in pinyin, to find and to sort by."""

from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.execute("CREATE TABLE spelling (name text PRIMARY KEY, syllables text NOT NULL, search text NOT NULL)")
    op.execute(
        """CREATE TRIGGER public_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON spelling
           FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
    )
