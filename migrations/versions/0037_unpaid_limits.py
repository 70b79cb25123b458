"""Unpaid donations are found by the browser and the address that they came from, and match may be withheld at the
pledge."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

CAUSES = ("pledge", "withheld", "payment", "late", "reoffer", "challenge", "redistribute", "restore")


def upgrade() -> None:
    op.add_column("donation", sa.Column("network_key", sa.Text(), nullable=True))
    causes = ", ".join(f"'{cause}'" for cause in CAUSES)
    op.execute(
        "ALTER TABLE match_decision DROP CONSTRAINT match_decision_cause, "
        f"ADD CONSTRAINT match_decision_cause CHECK (cause IN ({causes})) NOT VALID"
    )
    op.execute("ALTER TABLE match_decision VALIDATE CONSTRAINT match_decision_cause")
    with op.get_context().autocommit_block():
        for name, column, where in (
            ("donation_unpaid_device", "device_key", "device_key IS NOT NULL AND status IN ('pending', 'paying')"),
            ("donation_unpaid_network", "network_key", "network_key IS NOT NULL"),
        ):
            op.create_index(
                name,
                "donation",
                [column],
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
                if_not_exists=True,
            )
