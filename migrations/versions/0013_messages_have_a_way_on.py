"""Messages have a way on: they can be dismissed, attached to a donation, and released above a partner's limits.

`reference` names the provider's payment of a message that another shop caused, so that what is told of that payment
later is known too, and so that the message comes back should the payment turn out to be ours.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

STATES = ("new", "done", "ignored", "waiting", "flagged", "dismissed")


def upgrade() -> None:
    op.add_column("inbox_work", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column("inbox_work", sa.Column("donation_id", sa.Uuid(), nullable=True))
    op.add_column(
        "inbox_work", sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    listed = ", ".join(f"'{state}'" for state in STATES)
    op.drop_constraint("inbox_work_state", "inbox_work")
    op.execute(f"ALTER TABLE inbox_work ADD CONSTRAINT inbox_work_state CHECK (state IN ({listed})) NOT VALID")
    op.execute("ALTER TABLE inbox_work VALIDATE CONSTRAINT inbox_work_state")
    foreign = sa.text("state = 'ignored' AND reference IS NOT NULL")
    op.create_index("inbox_work_foreign", "inbox_work", ["reference"], postgresql_where=foreign)
    op.create_index("inbox_work_foreign_since", "inbox_work", ["done_at"], postgresql_where=foreign)
    for name in ("gift_most_minor", "day_most_minor", "day_most_count"):
        op.add_column("partner", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "partner_day",
        sa.Column("partner", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("donations", sa.BigInteger(), nullable=False),
    )
