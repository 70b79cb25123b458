"""Find the gifts of a donor, of an amount and of a time: to ask before unusual giving, and for staff who look for one."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns, how in (
            ("donation_donor", ["donor_key", "pledged_at"], "btree"),
            ("donation_amount", ["amount_minor", "pledged_at"], "btree"),
            ("donation_pledged", ["pledged_at"], "brin"),
        ):
            op.create_index(
                name, "donation", columns, postgresql_using=how, postgresql_concurrently=True, if_not_exists=True
            )
