"""Count changes of samples: the page of a notice, which is shared, shows how far their check is (ADR 15)."""

from alembic import op

revision = "0106"
down_revision = "0105"


def upgrade() -> None:
    for table in ("audit_sample", "audit_sample_item", "audit_sample_mark"):
        op.execute(
            f"""CREATE TRIGGER public_change AFTER INSERT ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION count_public_change()"""
        )
